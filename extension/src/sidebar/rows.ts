/** From what is known to the rows of the tree: pure, so that it can be tested without a page. */

import type {
  Collection,
  Column,
  Database,
  Field,
  Index,
  Routine,
  Schema,
  Table,
  Tenant
} from '../api/nouns.js';
import type { Known } from './known.js';
import { tenantNodes } from './nodes.js';
import type { Node } from './nodes.js';
import { matchName } from './search.js';
import type { Span } from './search.js';

interface Where {
  tenant: Tenant;
  database: Database;
}

export type Subject =
  | { kind: 'tenant'; tenant: Tenant }
  | ({ kind: 'database' } & Where)
  | ({ kind: 'schema'; schema: Schema } & Where)
  | ({ kind: 'group'; what: 'tables' | 'views' | 'functions' } & Where)
  | ({ kind: 'table'; table: Table } & Where)
  | ({ kind: 'column'; table: Table; column: Column } & Where)
  | ({ kind: 'policy'; table: Table; policy: string } & Where)
  | ({ kind: 'function'; schema: Schema; routine: Routine } & Where)
  | ({ kind: 'collection'; collection: Collection } & Where)
  | ({ kind: 'field'; collection: Collection; field: Field } & Where)
  | ({ kind: 'index'; collection: Collection; index: Index } & Where)
  /** Not a thing but a sentence in its place: nothing here yet, loading, or what went wrong. */
  | {
      kind: 'note';
      tone: 'loading' | 'empty' | 'problem';
      text: string;
      tenant: Tenant;
      database?: Database;
    };

export interface Row {
  /** Stable as long as the thing keeps its name. */
  id: string;
  subject: Subject;
  /** What is written; a note's sentence for a note. */
  name: string;
  /** Which parts of the name the search found; null when it did not, or nothing is searched for. */
  hit: readonly Span[] | null;
  /** Short figures at the right edge. */
  figure: string;
  /** What a screen reader says. */
  label: string;
  level: number;
  /** Null when it cannot be opened. */
  open: boolean | null;
  parent: string | null;
  /** One-based position among its siblings, and their number. */
  position: number;
  siblings: number;
}

/** The rows on view; while something is searched for, what was found and where it is. */
export function rowsOf(known: Known): Row[] {
  const nodes = tenantNodes(known);
  return known.search === '' ? allRows(nodes, known, 1, null) : foundRows(nodes, known, 1, null);
}

function allRows(nodes: readonly Node[], known: Known, level: number, parent: string | null): Row[] {
  const rows: Row[] = [];
  nodes.forEach((node, index) => {
    const id = idBelow(parent, node.key);
    const open = node.inside && (chosen(known, id) ?? node.startsOpen);
    rows.push({
      id,
      name: node.name,
      hit: known.search === '' ? null : hitOf(node, known),
      ...node.shown(),
      level,
      open,
      parent,
      position: index + 1,
      siblings: nodes.length
    });
    if (node.inside && open) {
      append(rows, allRows(node.inside(), known, level + 1, id));
    }
  });
  return rows;
}

/** Only what fits the search, and what it is in. */
function foundRows(nodes: readonly Node[], known: Known, level: number, parent: string | null): Row[] {
  const found: { row: Row; inside: Row[] }[] = [];
  for (const node of nodes) {
    const id = idBelow(parent, node.key);
    const hit = hitOf(node, known);
    const choice = known.found.get(id);
    const within = node.inside ? foundRows(node.inside(), known, level + 1, id) : [];
    if (hit || within.length > 0) {
      const open = node.inside && (choice ?? within.length > 0);
      // Opened by hand, all of it shows, as it does without a search.
      const inside = node.inside && choice === true ? allRows(node.inside(), known, level + 1, id) : within;
      const row = {
        id,
        name: node.name,
        hit,
        ...node.shown(),
        level,
        open,
        parent,
        position: 0,
        siblings: 0
      };
      found.push({ row, inside: open ? inside : [] });
    }
  }
  return found.flatMap(({ row, inside }, index) => [
    { ...row, position: index + 1, siblings: found.length },
    ...inside
  ]);
}

function chosen(known: Known, id: string): boolean | undefined {
  return known.search === '' ? known.opened.get(id) : known.found.get(id);
}

function hitOf(node: Node, known: Known): Span[] | null {
  return node.searched ? matchName(node.name, known.search) : null;
}

/** `["acme"]` and `shop` → `["acme","shop"]`: no name can look like two. */
function idBelow(parent: string | null, key: string): string {
  return parent === null ? JSON.stringify([key]) : `${parent.slice(0, -1)},${JSON.stringify(key)}]`;
}

/** Not by spreading: a hundred thousand arguments are too many. */
function append(rows: Row[], more: readonly Row[]): void {
  for (const row of more) {
    rows.push(row);
  }
}
