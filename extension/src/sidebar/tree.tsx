/** The tree: one focusable element, of whose rows only those on view are drawn. */

import * as React from 'react';

import { COMMANDS } from './commands.js';
import {
  Chevron,
  ColumnIcon,
  EngineIcon,
  KeyIcon,
  Plus,
  SchemaIcon,
  TableIcon,
  TenantIcon,
  ViewIcon,
  Warning
} from './icons.js';
import { moveFor, rowNamed } from './keyboard.js';
import type { PanelProps } from './panel.js';
import type { View } from './model.js';
import type { Row, Subject } from './rows.js';
import { tableFigures } from './rows.js';

/** Pixels; the style sheet takes it from here. */
const ROW_HEIGHT = 24;
/** Rows drawn above and below what is on view. */
const OVERSCAN = 12;
/** Milliseconds after which typing starts a new search. */
const TYPING_PAUSE = 700;

export function Tree({ model, view, run }: PanelProps & { view: View }): React.ReactElement {
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

  const act = (row: Row): void => {
    if (row.subject.kind === 'note' && row.subject.tone === 'empty' && !row.subject.database) {
      run(COMMANDS.createDatabase);
    } else if (row.subject.kind === 'note' && row.subject.tone === 'problem') {
      model.refresh();
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
    const row = rows.find(row => row.id === move.id);
    if (move.do === 'focus') {
      model.focus(move.id);
    } else if (move.do === 'act') {
      if (row) {
        act(row);
      }
    } else {
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
        if (active === null && rows[0]) {
          model.focus(rows[0].id);
        }
      }}
    >
      <div role="presentation" style={{ height: rows.length * ROW_HEIGHT, position: 'relative' }}>
        {drawn.map(({ row, index }) => (
          <RowLine
            key={row.id}
            row={row}
            index={index}
            active={row.id === active}
            onFocus={() => {
              model.focus(row.id);
            }}
            onPress={() => {
              if (row.open === null) {
                model.focus(row.id);
                act(row);
              } else {
                model.open(row.id, !row.open);
              }
            }}
            onCreate={() => {
              model.focus(row.id);
              run(COMMANDS.createDatabase);
            }}
          />
        ))}
      </div>
    </div>
  );
}

interface RowLineProps {
  row: Row;
  index: number;
  active: boolean;
  onFocus: () => void;
  onPress: () => void;
  onCreate: () => void;
}

function RowLine({ row, index, active, onFocus, onPress, onCreate }: RowLineProps): React.ReactElement {
  const { subject } = row;
  const note = subject.kind === 'note' ? `dbaas-mod-note dbaas-mod-${subject.tone}` : '';
  return (
    <div
      id={rowDomId(index)}
      className={`dbaas-Row ${note} ${active ? 'dbaas-mod-active' : ''}`}
      role="treeitem"
      data-kind={subject.kind}
      aria-level={row.level}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-expanded={row.open ?? undefined}
      aria-selected={active}
      aria-label={row.label}
      title={tooltip(row)}
      style={{ top: index * ROW_HEIGHT, height: ROW_HEIGHT, paddingLeft: 4 + (row.level - 1) * 12 }}
      onClick={onPress}
      onContextMenu={onFocus}
    >
      <span className={`dbaas-Twist ${row.open ? 'dbaas-mod-open' : ''}`}>
        {row.open !== null && <Chevron />}
      </span>
      <RowIcon subject={subject} />
      <span className="dbaas-Name">
        <bdi>{row.name}</bdi>
      </span>
      {subject.kind === 'table' && subject.table.warning !== null && <Warning className="dbaas-Warning" />}
      {subject.kind === 'database' && <span className="dbaas-Dot" data-state={subject.database.state} />}
      {row.figure !== '' && (
        <span className={`dbaas-Figure ${subject.kind === 'column' ? 'dbaas-mod-type' : ''}`}>
          {row.figure}
        </span>
      )}
      {subject.kind === 'tenant' && (
        <button
          type="button"
          className="dbaas-IconButton dbaas-RowButton"
          title="New database…"
          aria-label={`New database in ${row.name}`}
          tabIndex={-1}
          onClick={event => {
            event.stopPropagation();
            onCreate();
          }}
        >
          <Plus />
        </button>
      )}
    </div>
  );
}

function RowIcon({ subject }: { subject: Subject }): React.ReactElement | null {
  switch (subject.kind) {
    case 'tenant':
      return <TenantIcon className="dbaas-RowIcon" />;
    case 'database':
      return <EngineIcon engine={subject.database.engine} className="dbaas-RowIcon" />;
    case 'schema':
      return <SchemaIcon className="dbaas-RowIcon" />;
    case 'table':
      return subject.table.kind.includes('view') ? (
        <ViewIcon className="dbaas-RowIcon" />
      ) : (
        <TableIcon className="dbaas-RowIcon" />
      );
    case 'column':
      return subject.column.primary_key ? (
        <KeyIcon className="dbaas-RowIcon" />
      ) : (
        <ColumnIcon className="dbaas-RowIcon" />
      );
    case 'note':
      return null;
  }
}

function tooltip(row: Row): string {
  const { subject } = row;
  if (subject.kind === 'table') {
    return [row.name, tableFigures(subject.table), subject.table.warning].filter(Boolean).join('\n');
  }
  return row.figure === '' ? row.name : `${row.name}\n${row.figure}`;
}

function rowDomId(index: number): string {
  return `dbaas-row-${index}`;
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

/** Where an element is scrolled to and how much of it is seen, in pixels. */
function useViewport(ref: React.RefObject<HTMLElement>): [top: number, height: number] {
  const [viewport, setViewport] = React.useState<[number, number]>([0, 600]);
  React.useLayoutEffect(() => {
    const node = ref.current;
    if (!node) {
      return undefined;
    }
    const measure = (): void => {
      setViewport(last =>
        last[0] === node.scrollTop && last[1] === node.clientHeight
          ? last
          : [node.scrollTop, node.clientHeight]
      );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(node);
    node.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      node.removeEventListener('scroll', measure);
    };
  }, [ref]);
  return viewport;
}
