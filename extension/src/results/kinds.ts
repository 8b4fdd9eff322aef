/** What a column holds, for alignment, filters, charts and order. Pure. */

export type Kind = 'number' | 'boolean' | 'time' | 'json' | 'binary' | 'text';

const NUMBER =
  /^(u?(tiny|small|medium|big|huge)?int(eger)?\d*|(small|big)?serial\d*|numeric|number|decimal|real|double( precision)?|double|float\d*|long|money|oid)\b/i;
const TIME = /^(date(time)?|time(stamp)?(tz)?)\b/i;

/** @param type as the engine names it, such as `numeric(10,2)` or `timestamp with time zone`. */
export function kindOf(type: string): Kind {
  if (type.endsWith('[]')) {
    return 'text';
  }
  if (NUMBER.test(type)) {
    return 'number';
  }
  if (TIME.test(type)) {
    return 'time';
  }
  if (/^bool/i.test(type)) {
    return 'boolean';
  }
  if (/^(jsonb?|object|array)$/i.test(type)) {
    return 'json';
  }
  return /^(bytea|blob|(var)?binary|bindata)\b/i.test(type) ? 'binary' : 'text';
}
