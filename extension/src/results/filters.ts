/** What a person types into a column's filter, as a condition. Pure. */

import { kindOf } from './kinds.js';
import type { Condition } from './source.js';

const OPERATORS: readonly [RegExp, string][] = [
  [/^>=/, 'ge'],
  [/^<=/, 'le'],
  [/^(<>|!=)/, 'ne'],
  [/^>/, 'gt'],
  [/^</, 'lt'],
  [/^=/, 'eq'],
  [/^\^/, 'starts'],
  [/^~/, 'contains']
];
const SIGNS: Readonly<Record<string, string>> = {
  ge: '>=',
  le: '<=',
  ne: '!=',
  gt: '>',
  lt: '<',
  eq: '=',
  starts: '^',
  contains: '~'
};

/**
 * `> 5`, `!= x`, `^beginning`, `null`, `not null`; without a sign, what a column's type suggests: text that contains
 * it, times that begin with it, a number that is it. `=null` is the text "null".
 *
 * @returns null when nothing was typed.
 */
export function conditionOf(column: number, type: string, typed: string): Condition | null {
  const text = typed.trim();
  if (text === '') {
    return null;
  }
  if (/^(is\s+)?null$/i.test(text)) {
    return { column, op: 'null' };
  }
  if (/^((is\s+)?not\s+|!)null$/i.test(text)) {
    return { column, op: 'not_null' };
  }
  for (const [sign, op] of OPERATORS) {
    if (sign.test(text)) {
      return { column, op, value: text.replace(sign, '').trim() };
    }
  }
  return { column, op: usual(type), value: text };
}

/** A condition as a person would type it. */
export function typedFor({ op, value = '' }: Condition, type: string): string {
  if (op === 'null' || op === 'not_null') {
    return op.replace('_', ' ');
  }
  const spelled = `${SIGNS[op] ?? op}${value}`;
  return op === usual(type) && conditionOf(0, type, value)?.op === op ? value : spelled;
}

/** What a column's empty filter says. */
export function hint(type: string): string {
  switch (kindOf(type)) {
    case 'number':
      return '= > < …';
    case 'boolean':
      return 'true, false';
    case 'time':
      return '2026-05, > …';
    default:
      return 'contains…';
  }
}

function usual(type: string): string {
  switch (kindOf(type)) {
    case 'number':
    case 'boolean':
      return 'eq';
    case 'time':
      return 'starts';
    default:
      return 'contains';
  }
}
