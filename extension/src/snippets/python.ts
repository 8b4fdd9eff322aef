/** Python: in a notebook, where the platform is found and no password is written down; and anywhere else. */

import { codeText } from './quote.js';
import { firstRows } from './target.js';
import type { Target } from './target.js';

const LIMIT = 10;

/** Needs the `dbaas` package, which knows where the platform is and who is asking. */
export function notebookPython(target: Target): string {
  const { tenant, database, documents, place } = target;
  const opened = `dbaas.connect().tenant(${codeText(tenant)}).database(${codeText(database)})`;
  if (documents) {
    return lines('import dbaas', '', `db = ${opened}.document()`, ...documentRows(place?.name));
  }
  return lines(
    'import dbaas',
    '',
    `database = ${opened}`,
    `for row in database.query(${codeText(firstRows(target, LIMIT))}):`,
    '    print(row)'
  );
}

/** Needs a driver only. */
export function driverPython(target: Target, connectionString: string): string {
  if (target.documents) {
    return lines(
      'import pymongo  # pip install pymongo',
      '',
      `client = pymongo.MongoClient(${codeText(connectionString)})`,
      `db = client[${codeText(target.database)}]`,
      ...documentRows(target.place?.name)
    );
  }
  return lines(
    'import psycopg  # pip install "psycopg[binary]"',
    '',
    `with psycopg.connect(${codeText(connectionString)}) as connection:`,
    `    for row in connection.execute(${codeText(firstRows(target, LIMIT))}):`,
    '        print(row)'
  );
}

function documentRows(collection: string | undefined): string[] {
  return collection === undefined
    ? ['print(db.list_collection_names())']
    : [`for document in db[${codeText(collection)}].find({}).limit(${LIMIT}):`, '    print(document)'];
}

function lines(...each: string[]): string {
  return `${each.join('\n')}\n`;
}
