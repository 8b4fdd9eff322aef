/** Which part of a cell is in another language than the cell's own. Pure; offsets count UTF-16 code units. */

export type Language = 'sql' | 'javascript' | 'plain';

export interface Part {
  from: number;
  language: Language;
}

/** Characters of a cell that its first line, and what its body begins with, are looked for in. */
export const HEAD = 4000;

const DBAAS = /^\s*%%dbaas\b([^\n]*)\n/;
const SQL_CELL = /^\s*%%sql\b/;
const SQL_LINE = /^[ \t]*(?:[\w.,\t ]+=[ \t]*)?%sql\b/;
const WORD = /[ \t]*(\S+)/y;
const TARGET = /\s*[^\W\d]\w*\s*=?\s*<</y;
// jupysql's options; those of the first kind take a word.
const VALUED =
  /^(-[xcsafSwAi]|--(close|creator|section|connection_arguments|file|save|with|alias|interact))$/;
const SWITCH = /^(-[lpPnN]|--(connections|persist|persist-replace|no-index|append|no-execute)|--?[\w-]+=.*)$/;
const STATEMENT =
  /^(select|with|insert|update|delete|merge|values|table|create|alter|drop|truncate|explain|show|set|begin|commit|rollback|grant|revoke|comment|analyze|vacuum|copy|call|do|from|pivot|describe|--|\/\*|\()/i;
// Which kind of database a cell runs on is not in its text. What begins like a call on a collection, or like a command
// object, is no SQL.
const DOCUMENTS =
  /^(?:\s|\/\/[^\n]*\n|\/\*[^]*?\*\/)*(?:db\s*[.[]|\{|show\s+(?:collections|tables)\s*(?:;|$))/;

/** The body of a `%%dbaas` or `%%sql` cell; null of any other. */
export function partOf(head: string): Part | null {
  const opening = DBAAS.exec(head);
  if (opening) {
    const from = opening[0].length;
    const plain = /(^|\s)--graphql(\s|$)/.test(opening[1] ?? '');
    return { from, language: plain ? 'plain' : DOCUMENTS.test(head.slice(from)) ? 'javascript' : 'sql' };
  }
  const sql = SQL_CELL.exec(head);
  return sql && { from: startOf(head, sql[0].length), language: 'sql' };
}

/** Where in a line of Python the SQL of a `%sql` magic begins; null where there is none. */
export function sqlIn(line: string): number | null {
  const magic = SQL_LINE.exec(line);
  return magic && startOf(line, magic[0].length);
}

/** Behind jupysql's options, a connection's name and `variable <<`. */
function startOf(text: string, at: number): number {
  const newline = text.indexOf('\n', at);
  const end = newline < 0 ? text.length : newline;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  let word: RegExpExecArray | null;
  while ((word = take(WORD)) && WORD.lastIndex <= end) {
    const [all, written = ''] = word;
    if (VALUED.test(written)) {
      at += all.length;
      const value = take(WORD);
      at = value && WORD.lastIndex <= end ? WORD.lastIndex : end;
    } else if (SWITCH.test(written)) {
      at += all.length;
    } else if (STATEMENT.test(written)) {
      return at + all.length - written.length;
    } else if (take(TARGET)) {
      return TARGET.lastIndex;
    } else {
      at += all.length;
    }
  }
  if (newline < 0) {
    return text.length;
  }
  at = newline + 1;
  return take(TARGET) ? TARGET.lastIndex : at;
}
