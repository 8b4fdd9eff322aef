/** What GraphiQL remembers (tabs, history, sizes), kept apart per endpoint: one page may show several. */

import type { Storage as Remembered } from '@graphiql/toolkit';

/** A part of the browser's storage of its own. Keys and tokens are not for it: they live in `sessionStorage`. */
export function partOf(whole: Storage, name: string): Remembered {
  const prefix = `dbaas:${name}:`;
  const keys = (): string[] => Object.keys(whole).filter(key => key.startsWith(prefix));
  return {
    getItem: key => whole.getItem(prefix + key),
    setItem: (key, value) => {
      whole.setItem(prefix + key, value);
    },
    removeItem: key => {
      whole.removeItem(prefix + key);
    },
    clear: () => {
      for (const key of keys()) {
        whole.removeItem(key);
      }
    },
    get length() {
      return keys().length;
    }
  };
}
