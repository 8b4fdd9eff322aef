/** Carrying a row's name into a cell or an editor. */

import { MimeData } from '@lumino/coreutils';
import { Drag } from '@lumino/dragdrop';
import type * as React from 'react';

import { carried } from './carried.js';
import type { Row } from './rows.js';

/** For who wants to know more than the text: what was dragged, as `Carried`. */
const NAME_MIME = 'application/vnd.dbaas.name+json';
/** Pixels that the pointer moves before that is no click. */
const DISTANCE = 5;

/** From the press of a button on a row: once the pointer moves away, what the row names moves with it. */
export function dragFrom(
  row: Row,
  { button, nativeEvent, currentTarget }: React.PointerEvent<HTMLElement>
): void {
  const name = carried(row.subject);
  if (!name || button !== 0 || nativeEvent.pointerType === 'touch') {
    return;
  }
  const { clientX, clientY } = nativeEvent;
  const picture = currentTarget.querySelector('.dbaas-RowIcon');
  const waiting = new AbortController();
  const { signal } = waiting;
  const stop = (): void => {
    waiting.abort();
  };
  document.addEventListener('pointerup', stop, { signal, capture: true });
  document.addEventListener('pointercancel', stop, { signal, capture: true });
  document.addEventListener(
    'pointermove',
    event => {
      if (Math.hypot(event.clientX - clientX, event.clientY - clientY) < DISTANCE) {
        return;
      }
      stop();
      const mimeData = new MimeData();
      mimeData.setData('text/plain', name.text);
      mimeData.setData(NAME_MIME, name.about);
      const drag = new Drag({
        mimeData,
        dragImage: dragImage(row.name, picture),
        proposedAction: 'copy',
        supportedActions: 'copy'
      });
      void drag.start(event.clientX, event.clientY).then(() => {
        drag.dispose();
      });
    },
    { signal, capture: true }
  );
}

function dragImage(text: string, picture: Element | null): HTMLElement {
  const image = document.createElement('div');
  image.className = 'dbaas-DragImage';
  const name = document.createElement('bdi');
  name.textContent = text;
  image.append(...(picture ? [picture.cloneNode(true)] : []), name);
  return image;
}
