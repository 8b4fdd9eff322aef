/** Waits in every editor, at no cost, for text that is worth the colouring: only then the rest is loaded. */

import { Compartment } from '@codemirror/state';
import type { Extension } from '@codemirror/state';
import { ViewPlugin } from '@codemirror/view';
import type { EditorView } from '@codemirror/view';

/** Characters that are looked through: cells are short, and files are none of ours. */
const LOOKED_THROUGH = 10_000;
const MAGIC = /%(?:%dbaas|%?sql)\b/;

/** @param load brings what colours an editor that holds one of our magics. */
export function watching(load: () => Promise<Extension>): Extension {
  const place = new Compartment();
  const watcher = ViewPlugin.define(view => {
    let asked = false;
    const look = (): void => {
      if (!asked && MAGIC.test(view.state.sliceDoc(0, LOOKED_THROUGH))) {
        asked = true;
        load().then(
          extension => {
            put(view, place, extension);
          },
          (reason: unknown) => {
            console.error('The colours of SQL cells could not be loaded.', reason);
          }
        );
      }
    };
    look();
    return {
      update({ docChanged }) {
        if (docChanged) {
          look();
        }
      }
    };
  });
  return [place.of([]), watcher];
}

function put(view: EditorView, place: Compartment, extension: Extension): void {
  // Between the two the editor may have been closed, or been given other extensions.
  if (place.get(view.state) !== undefined) {
    view.dispatch({ effects: place.reconfigure(extension) });
  }
}
