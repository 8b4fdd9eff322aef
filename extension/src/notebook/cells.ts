/** The text of cells that bring a result into the notebook. Pure. */

export interface Wanted {
  tenant: string;
  database: string;
  text: string;
}

/** What a `%%dbaas` line takes as it stands: no quotes, and nothing that IPython would expand. */
const PLAIN = /^[\p{L}\p{N}_.-]+$/u;

/**
 * A cell that binds the statement's rows to a DataFrame.
 *
 * A name with other characters than letters and digits would have to be quoted for the magic's line, where IPython
 * still expands `{…}` and `$name`: such a name goes into a string of Python instead.
 */
export function frameCell({ tenant, database, text }: Wanted, variable: string): string {
  if (PLAIN.test(database) && PLAIN.test(tenant)) {
    return `%%dbaas ${tenant}/${database} --to pandas >> ${variable}\n${text}`;
  }
  const [owner, name, statement] = [tenant, database, text].map(word => JSON.stringify(word));
  const query = `dbaas.connect().tenant(${owner}).database(${name}).query(${statement})`;
  return `import dbaas\n\n${variable} = ${query}.to_pandas()\n${variable}`;
}

/** A name for a DataFrame that no cell mentions yet: `df`, `df_2` and so on. */
export function freeName(cells: readonly string[]): string {
  const taken = new Set(cells.flatMap(cell => cell.match(/\bdf(?:_\d+)?\b/g) ?? []));
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? 'df' : `df_${number}`;
    if (!taken.has(name)) {
      return name;
    }
  }
}

export const LOAD = '%load_ext dbaas';

/** Whether a notebook has a cell that loads the magics. */
export function loads(cells: readonly string[]): boolean {
  return cells.some(cell => /^\s*%(?:re)?load_ext\s+dbaas\b/m.test(cell));
}
