/** Order and choice among rows in hand, as an engine would have it. Pure. */

import { asText } from '../shown/value.js';
import { kindOf } from './kinds.js';
import type { Cell, Condition, ResultColumn, Sort } from './source.js';

type Row = readonly Cell[];

/** The rows that every condition holds for. Throws a sentence when a condition cannot be understood. */
export function chosen<R extends Row>(
  columns: readonly ResultColumn[],
  rows: readonly R[],
  where: readonly Condition[]
): readonly R[] {
  const tests = where.map(condition => testOf(columns, condition));
  return tests.length === 0 ? rows : rows.filter(row => tests.every(test => test(row)));
}

/** The rows in order; nothing comes last when ascending, as in PostgreSQL. What is equal keeps its order. */
export function ordered<R extends Row>(
  columns: readonly ResultColumn[],
  rows: readonly R[],
  sort: readonly Sort[]
): readonly R[] {
  if (sort.length === 0) {
    return rows;
  }
  const by = sort.map(({ column, descending }) => {
    const compare = comparing(columns[column]?.type ?? '');
    return (one: Row, other: Row): number => {
      const [a, b] = [one[column] ?? null, other[column] ?? null];
      const found = a === null || b === null ? Number(a === null) - Number(b === null) : compare(a, b);
      return descending ? -found : found;
    };
  });
  return [...rows].sort((one, other) => {
    for (const compare of by) {
      const found = compare(one, other);
      if (found !== 0) {
        return found;
      }
    }
    return 0;
  });
}

function testOf(
  columns: readonly ResultColumn[],
  { column, op, value = '' }: Condition
): (row: Row) => boolean {
  const { name, type } = columns[column] ?? { name: '', type: '' };
  if (kindOf(type) === 'number' && isComparison(op) && !isNumber(value)) {
    throw new Error(`${JSON.stringify(value)} is not a number, and ${JSON.stringify(name)} holds numbers.`);
  }
  const compare = comparing(type);
  const holds = TESTS[op];
  if (!holds) {
    throw new Error(`There is no comparison ${JSON.stringify(op)}.`);
  }
  return row => {
    const cell = row[column] ?? null;
    if (op === 'null' || op === 'not_null') {
      return (cell === null) === (op === 'null');
    }
    return cell !== null && holds(compare(cell, value), asText(cell).toLowerCase(), value.toLowerCase());
  };
}

const TESTS: Readonly<Record<string, (order: number, text: string, value: string) => boolean>> = {
  eq: order => order === 0,
  ne: order => order !== 0,
  lt: order => order < 0,
  le: order => order <= 0,
  gt: order => order > 0,
  ge: order => order >= 0,
  contains: (_, text, value) => text.includes(value),
  starts: (_, text, value) => text.startsWith(value),
  null: () => true,
  not_null: () => true
};

function isComparison(op: string): boolean {
  return ['eq', 'ne', 'lt', 'le', 'gt', 'ge'].includes(op);
}

function isNumber(value: string): boolean {
  return value.trim() !== '' && !Number.isNaN(Number(value));
}

/** Numbers by their size, everything else by its characters: times as engines write them order so as well. */
function comparing(type: string): (one: Cell, other: Cell) => number {
  if (kindOf(type) === 'number') {
    return (one, other) => sign(Number(asText(one)) - Number(asText(other)));
  }
  return (one, other) => {
    const [a, b] = [asText(one), asText(other)];
    return a < b ? -1 : Number(a > b);
  };
}

function sign(difference: number): number {
  return Number.isNaN(difference) ? 0 : Math.sign(difference);
}
