import type { ISignal } from '@lumino/signaling';
import * as React from 'react';

/** What something holds, drawn again whenever it says that it changed. @param read must give the same until then. */
export function useSignal<T>(changed: ISignal<unknown, unknown>, read: () => T): T {
  return React.useSyncExternalStore(
    React.useCallback(
      onChange => {
        changed.connect(onChange);
        return () => {
          changed.disconnect(onChange);
        };
      },
      [changed]
    ),
    read
  );
}
