/** A row of tabs that the keyboard reaches: of the dashboard, of queries, of results. */

import * as React from 'react';

import { Close } from '../sidebar/icons.js';

export interface StripItem {
  id: string;
  label: string;
  /** Beside the label, such as a number of rows. */
  note?: string;
  tooltip?: string;
  closable?: boolean;
  pinned?: boolean;
}

export interface StripProps {
  /** What a screen reader calls the row. */
  label: string;
  items: readonly StripItem[];
  active: string | null;
  /** The id of the element that shows the active tab's content. */
  panel: string;
  onSelect: (id: string) => void;
  onClose?: (id: string) => void;
  onRename?: (id: string, label: string) => void;
  /** After the tabs. */
  children?: React.ReactNode;
}

export function Strip(props: StripProps): React.ReactElement {
  const { label, items, active, children } = props;
  const list = React.useRef<HTMLDivElement>(null);
  const [renaming, setRenaming] = React.useState<string | null>(null);

  /** The focus goes along: with the keyboard one is where one looks. */
  const go = (index: number): void => {
    const item = items[(index + items.length) % items.length];
    if (item) {
      props.onSelect(item.id);
      list.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(item.id)}"]`)?.focus();
    }
  };
  const onKeyDown = (event: React.KeyboardEvent, index: number): void => {
    const item = items[index];
    const moves: Record<string, () => void> = {
      ArrowRight: () => {
        go(index + 1);
      },
      ArrowLeft: () => {
        go(index - 1);
      },
      Home: () => {
        go(0);
      },
      End: () => {
        go(-1);
      },
      Delete: () => {
        if (item?.closable === true) {
          props.onClose?.(item.id);
        }
      },
      F2: () => {
        if (item && props.onRename) {
          setRenaming(item.id);
        }
      }
    };
    const move = moves[event.key];
    if (move && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      event.stopPropagation();
      move();
    }
  };

  return (
    <div className="dbaas-Strip-row">
      <div ref={list} className="dbaas-Tabs" role="tablist" aria-label={label}>
        {items.map((item, index) =>
          item.id === renaming ? (
            <Rename
              key={item.id}
              label={item.label}
              onDone={name => {
                setRenaming(null);
                if (name !== null) {
                  props.onRename?.(item.id, name);
                }
              }}
            />
          ) : (
            <div
              key={item.id}
              className="dbaas-Tab"
              role="tab"
              data-id={item.id}
              aria-selected={item.id === active}
              aria-controls={item.id === active ? props.panel : undefined}
              tabIndex={item.id === active || (active === null && index === 0) ? 0 : -1}
              title={item.tooltip}
              onClick={() => {
                props.onSelect(item.id);
              }}
              onAuxClick={event => {
                if (event.button === 1 && item.closable === true) {
                  props.onClose?.(item.id);
                }
              }}
              onDoubleClick={() => {
                if (props.onRename) {
                  setRenaming(item.id);
                }
              }}
              onKeyDown={event => {
                onKeyDown(event, index);
              }}
            >
              {item.pinned === true && <span className="dbaas-Tab-pin" aria-label="pinned" />}
              <bdi>{item.label}</bdi>
              {item.note !== undefined && <small>{item.note}</small>}
              {item.closable === true && (
                // Not for the keyboard, which has the Delete key: a tab holds no other control.
                <span
                  className="dbaas-Tab-close"
                  aria-hidden="true"
                  title="Close (Delete)"
                  onClick={event => {
                    event.stopPropagation();
                    props.onClose?.(item.id);
                  }}
                >
                  <Close />
                </span>
              )}
            </div>
          )
        )}
      </div>
      {children}
    </div>
  );
}

function Rename({
  label,
  onDone
}: {
  label: string;
  onDone: (name: string | null) => void;
}): React.ReactElement {
  const finish = (value: string): void => {
    const name = value.trim();
    onDone(name === '' || name === label ? null : name);
  };
  return (
    <input
      className="dbaas-Tab-name"
      aria-label="Name"
      defaultValue={label}
      size={Math.max(8, label.length)}
      spellCheck={false}
      autoFocus
      onFocus={event => {
        event.target.select();
      }}
      onBlur={event => {
        finish(event.target.value);
      }}
      onKeyDown={event => {
        event.stopPropagation();
        if (event.key === 'Enter') {
          finish(event.currentTarget.value);
        } else if (event.key === 'Escape') {
          onDone(null);
        }
      }}
    />
  );
}
