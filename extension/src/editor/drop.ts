/** Names dragged from the tree are inserted where they are dropped. */

import type { EditorView } from '@codemirror/view';
import type { Drag } from '@lumino/dragdrop';

const TEXT = 'text/plain';

/** Lumino's drags are not the browser's: they come as events of their own. */
export function acceptDrops(view: EditorView): void {
  const over = (dropping: (event: Drag.Event, position: number) => void) => (event: Drag.Event) => {
    if (event.mimeData.hasData(TEXT)) {
      event.preventDefault();
      event.stopPropagation();
      const at = view.posAtCoords({ x: event.clientX, y: event.clientY }, false);
      dropping(event, at);
    }
  };
  const on = (type: string, handle: (event: Drag.Event) => void): void => {
    view.dom.addEventListener(type, (event: unknown) => {
      handle(event as Drag.Event);
    });
  };
  const follow = over((event, position) => {
    event.dropAction = 'copy';
    view.focus();
    view.dispatch({ selection: { anchor: position } });
  });
  on('lm-dragenter', follow);
  on('lm-dragover', follow);
  on(
    'lm-drop',
    over((event, position) => {
      const text: unknown = event.mimeData.getData(TEXT);
      if (typeof text === 'string' && event.proposedAction !== 'none') {
        event.dropAction = 'copy';
        view.dispatch({
          changes: { from: position, insert: text },
          selection: { anchor: position + text.length },
          userEvent: 'input.drop'
        });
        view.focus();
      }
    })
  );
}
