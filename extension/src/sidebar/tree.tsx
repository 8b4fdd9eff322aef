/** The tree: one focusable element, of whose rows only those on view are drawn. */

import * as React from 'react';

import { COMMANDS } from './actions.js';
import { dragFrom } from './drag.js';
import { moveFor, rowNamed } from './keyboard.js';
import type { PanelProps } from './panel.js';
import type { View } from './model.js';
import { ROW_HEIGHT, RowLine, rowDomId } from './row.js';
import type { Row } from './rows.js';
import { useViewport } from './viewport.js';

/** Rows drawn above and below what is on view. */
const OVERSCAN = 12;
/** Milliseconds after which typing starts a new search. */
const TYPING_PAUSE = 700;

interface TreeProps extends PanelProps {
  view: View;
  /** The focus goes up, out of the tree. */
  onLeave: () => void;
}

export function Tree({ model, view, run, onLeave }: TreeProps): React.ReactElement {
  const { rows, active } = view;
  const tree = React.useRef<HTMLDivElement>(null);
  const [top, height] = useViewport(tree);
  const typed = React.useRef({ text: '', at: 0 });
  const page = Math.max(1, Math.floor(height / ROW_HEIGHT) - 1);

  const activeIndex = rows.findIndex(row => row.id === active);
  React.useLayoutEffect(() => {
    const node = tree.current;
    if (!node || activeIndex < 0) {
      return;
    }
    const offset = activeIndex * ROW_HEIGHT;
    if (offset < node.scrollTop) {
      node.scrollTop = offset;
    } else if (offset + ROW_HEIGHT > node.scrollTop + node.clientHeight) {
      node.scrollTop = offset + ROW_HEIGHT - node.clientHeight;
    }
    // Only when the focus moves: a refresh must not scroll away from where a person reads.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [active]);

  /** What a row does when it is not merely opened. */
  const act = ({ subject }: Row): void => {
    if (subject.kind === 'note' && subject.tone === 'empty' && !subject.database) {
      run(COMMANDS.createDatabase);
    } else if (subject.kind === 'note' && subject.tone === 'problem') {
      model.refresh();
    } else if (subject.kind === 'table' || subject.kind === 'collection') {
      run(COMMANDS.query);
    } else if (subject.kind === 'database') {
      run(COMMANDS.open);
    }
  };

  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      event.preventDefault();
      openMenu(tree.current, activeIndex);
      return;
    }
    if (event.key.length === 1 && event.key !== ' ') {
      const now = event.timeStamp;
      const text = now - typed.current.at < TYPING_PAUSE ? typed.current.text + event.key : event.key;
      typed.current = { text, at: now };
      const found = rowNamed(rows, active, text);
      if (found !== null) {
        model.focus(found);
      }
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const move = moveFor(rows, active, event.key, page);
    if (!move) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    switch (move.do) {
      case 'focus':
        model.focus(move.id);
        break;
      case 'act': {
        const row = rows.find(row => row.id === move.id);
        if (row) {
          act(row);
        }
        break;
      }
      case 'drop':
        run(COMMANDS.drop);
        break;
      case 'leave':
        onLeave();
        break;
      default:
        model.open(move.id, move.do === 'open');
    }
  };

  const onContextMenu = (event: React.MouseEvent): void => {
    // The context menu key fires at the focused tree; the menu belongs to its active row.
    if (event.target === tree.current && event.button !== 2) {
      event.preventDefault();
      event.stopPropagation();
    }
  };

  const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - OVERSCAN);
  const last = Math.min(rows.length, Math.ceil((top + height) / ROW_HEIGHT) + OVERSCAN);
  const drawn = rows.slice(first, last).map((row, offset) => ({ row, index: first + offset }));
  if (activeIndex >= 0 && (activeIndex < first || activeIndex >= last)) {
    // Assistive technology needs the active row to exist, wherever it has been scrolled to.
    drawn.push({ row: rows[activeIndex] as Row, index: activeIndex });
  }

  return (
    <div
      ref={tree}
      className="dbaas-Tree"
      role="tree"
      aria-label="Tenants, databases and tables"
      aria-activedescendant={activeIndex >= 0 ? rowDomId(activeIndex) : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onContextMenu={onContextMenu}
      onFocus={() => {
        // As it is now: whoever moves the focus here may have chosen a row just before.
        if (model.view.active === null && rows[0]) {
          model.focus(rows[0].id);
        }
      }}
    >
      <div role="presentation" style={{ height: rows.length * ROW_HEIGHT, position: 'relative' }}>
        {drawn.map(({ row, index }) => {
          const focus = (): void => {
            model.focus(row.id);
          };
          const press = (): void => {
            if (row.open === null) {
              focus();
            } else {
              model.open(row.id, !row.open);
            }
          };
          return (
            <RowLine
              key={row.id}
              row={row}
              index={index}
              active={row.id === active}
              onFocus={focus}
              onTwist={press}
              onPress={() => {
                press();
                if (row.subject.kind === 'note') {
                  act(row);
                }
              }}
              onDoubleClick={() => {
                if (row.subject.kind !== 'note') {
                  focus();
                  act(row);
                }
              }}
              onPointerDown={event => {
                dragFrom(row, event);
              }}
              onCreate={() => {
                focus();
                run(COMMANDS.createDatabase);
              }}
            />
          );
        })}
      </div>
    </div>
  );
}

/** Opens the row's context menu as a right click on it would. */
function openMenu(tree: HTMLElement | null, index: number): void {
  const node = tree?.querySelector(`#${rowDomId(index)}`);
  if (node) {
    const { left, bottom } = node.getBoundingClientRect();
    node.dispatchEvent(
      new MouseEvent('contextmenu', {
        bubbles: true,
        cancelable: true,
        button: 2,
        clientX: left + 40,
        clientY: bottom
      })
    );
  }
}
