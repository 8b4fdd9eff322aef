/** One row of the tree as it is drawn. */

import * as React from 'react';

import { may } from '../api/rights.js';
import { isView } from './contents.js';
import { plural } from './format.js';
import {
  Chevron,
  CollectionIcon,
  ColumnIcon,
  EngineIcon,
  ForeignKeyIcon,
  FunctionIcon,
  IndexIcon,
  KeyIcon,
  Plug,
  Plus,
  SchemaIcon,
  Shield,
  TableIcon,
  TenantIcon,
  ViewIcon,
  Warning
} from './icons.js';
import type { Row, Subject } from './rows.js';
import type { Span } from './search.js';
import { collectionFigures, engineLabel, tableFigures } from './words.js';

/** Pixels; the style sheet takes it from here. */
export const ROW_HEIGHT = 24;
const INDENT = 12;

export interface RowLineProps {
  row: Row;
  index: number;
  active: boolean;
  onFocus: () => void;
  onPress: () => void;
  onTwist: () => void;
  onDoubleClick: () => void;
  onPointerDown: (event: React.PointerEvent<HTMLElement>) => void;
  onCreate: () => void;
}

export function RowLine({ row, index, active, ...on }: RowLineProps): React.ReactElement {
  const { subject } = row;
  const note = subject.kind === 'note' ? `dbaas-mod-note dbaas-mod-${subject.tone}` : '';
  return (
    <div
      id={rowDomId(index)}
      className={`dbaas-Row ${note} ${active ? 'dbaas-mod-active' : ''}`}
      role="treeitem"
      data-kind={subject.kind}
      data-owned={may(subject.tenant, 'own') || undefined}
      aria-level={row.level}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-expanded={row.open ?? undefined}
      aria-selected={active}
      aria-label={row.label}
      title={tooltip(row)}
      style={{ top: index * ROW_HEIGHT, height: ROW_HEIGHT, paddingLeft: 4 + (row.level - 1) * INDENT }}
      onClick={event => {
        // The second click of a double one would undo the first.
        if (event.detail <= 1) {
          on.onPress();
        }
      }}
      onDoubleClick={on.onDoubleClick}
      onPointerDown={on.onPointerDown}
      onContextMenu={on.onFocus}
    >
      <span
        className={`dbaas-Twist ${row.open ? 'dbaas-mod-open' : ''}`}
        onClick={event => {
          event.stopPropagation();
          on.onTwist();
        }}
        onDoubleClick={event => {
          event.stopPropagation();
        }}
      >
        {row.open !== null && <Chevron />}
      </span>
      <RowIcon subject={subject} />
      <span className="dbaas-Name">
        <bdi>
          <Highlighted text={row.name} hit={row.hit} />
        </bdi>
        {subject.kind === 'function' && <bdi className="dbaas-Aside">({subject.routine.arguments})</bdi>}
      </span>
      <Marks subject={subject} />
      {row.figure !== '' && (
        <span className={`dbaas-Figure ${TYPED.has(subject.kind) ? 'dbaas-mod-type' : ''}`}>
          {row.figure}
        </span>
      )}
      {subject.kind === 'tenant' && may(subject.tenant, 'own') && (
        <button
          type="button"
          className="dbaas-IconButton dbaas-RowButton"
          title="New database…"
          aria-label={`New database in ${row.name}`}
          tabIndex={-1}
          onClick={event => {
            event.stopPropagation();
            on.onCreate();
          }}
          onDoubleClick={event => {
            event.stopPropagation();
          }}
        >
          <Plus />
        </button>
      )}
    </div>
  );
}

/** Those whose figure is a type, which gives way to the name. */
const TYPED: ReadonlySet<Subject['kind']> = new Set(['column', 'field', 'index', 'function'] as const);

export function rowDomId(index: number): string {
  return `dbaas-row-${index}`;
}

/** A name, with what the search found of it marked: text in either case. */
function Highlighted({ text, hit }: { text: string; hit: readonly Span[] | null }): React.ReactElement {
  if (!hit) {
    return <>{text}</>;
  }
  const parts: React.ReactNode[] = [];
  let done = 0;
  for (const [from, to] of hit) {
    parts.push(text.slice(done, from), <mark key={from}>{text.slice(from, to)}</mark>);
    done = to;
  }
  return (
    <>
      {parts}
      {text.slice(done)}
    </>
  );
}

function Marks({ subject }: { subject: Subject }): React.ReactElement | null {
  switch (subject.kind) {
    case 'tenant':
      return subject.tenant.storage_full ? <Warning className="dbaas-Warning" /> : null;
    case 'database':
      return (
        <>
          {subject.database.connections > 0 && (
            <span className="dbaas-Figure dbaas-mod-connections">
              <Plug />
              {subject.database.connections}
            </span>
          )}
          <span className="dbaas-Dot" data-state={subject.database.state} />
        </>
      );
    case 'table':
      return (
        <>
          {subject.table.row_security && <Shield className="dbaas-Mark" />}
          {subject.table.warning !== null && <Warning className="dbaas-Warning" />}
        </>
      );
    case 'column': {
      const target = subject.column.references;
      return target && <bdi className="dbaas-Aside dbaas-mod-target">→ {target.table}</bdi>;
    }
    case 'field':
      return subject.field.share < 1 ? (
        <span className="dbaas-Aside">{Math.max(1, Math.round(subject.field.share * 100))}%</span>
      ) : null;
    default:
      return null;
  }
}

function RowIcon({ subject }: { subject: Subject }): React.ReactElement | null {
  const className = 'dbaas-RowIcon';
  switch (subject.kind) {
    case 'tenant':
      return <TenantIcon className={className} />;
    case 'database':
      return <EngineIcon engine={subject.database.engine} className={className} />;
    case 'schema':
    case 'group':
      return <SchemaIcon className={className} />;
    case 'table':
      return isView(subject.table) ? <ViewIcon className={className} /> : <TableIcon className={className} />;
    case 'column':
      if (subject.column.primary_key) {
        return <KeyIcon className={className} />;
      }
      return subject.column.references ? (
        <ForeignKeyIcon className={className} />
      ) : (
        <ColumnIcon className={className} />
      );
    case 'policy':
      return <Shield className={className} />;
    case 'function':
      return <FunctionIcon className={className} />;
    case 'collection':
      return <CollectionIcon className={className} />;
    case 'field':
      return <ColumnIcon className={className} />;
    case 'index':
      return subject.index.unique ? <KeyIcon className={className} /> : <IndexIcon className={className} />;
    case 'note':
      return null;
  }
}

function tooltip(row: Row): string {
  return [row.name, ...more(row)].filter(Boolean).join('\n');
}

function more({ subject, figure }: Row): (string | null)[] {
  switch (subject.kind) {
    case 'tenant':
      return [subject.tenant.storage_full ? 'Its storage is full.' : null];
    case 'database': {
      const { engine, version, connections } = subject.database;
      const connected = connections > 0 ? plural(connections, 'connection') : null;
      return [[engineLabel(engine), version].filter(Boolean).join(' '), figure, connected];
    }
    case 'table':
      return [tableFigures(subject.table), subject.table.warning];
    case 'column': {
      const { references, comment } = subject.column;
      return [figure, references && `→ ${references.table}.${references.column}`, comment];
    }
    case 'function':
      return [`(${subject.routine.arguments})`, `returns ${figure}`];
    case 'collection':
      return [collectionFigures(subject.collection)];
    case 'group':
    case 'schema':
      return [];
    default:
      return [figure];
  }
}
