/** What there is to know about a row, as terms and values: pure. */

import type { Exposure, Right } from '../api/nouns.js';
import { bytes, exact } from './format.js';
import type { Subject } from './rows.js';
import { engineLabel, indexKey, rowEstimate } from './words.js';

/** A null value is not shown. */
export type Fact = readonly [term: string, value: string | null];

const EXPOSED: Record<Exposure, string> = {
  all: 'every table',
  policies: 'tables with row policies'
};

/** Who administers it is told by what is offered. */
const RIGHTS: Record<Right, string | null> = {
  view: 'to look',
  own: 'to work with its databases and keys',
  administer: null
};

/** Null where there is nothing to add to the row itself. */
export function aboutRow(subject: Subject): Fact[] | null {
  switch (subject.kind) {
    case 'tenant': {
      const { tenant } = subject;
      return [
        ['In URLs', tenant.subdomain],
        ['Plan', tenant.plan_type],
        ['Your right', RIGHTS[tenant.right]],
        ['Default', tenant.default_database]
      ];
    }
    case 'database': {
      const { engine, version, state, size_bytes, connections, max_connections, exposure } = subject.database;
      return [
        ['Engine', [engineLabel(engine), version].filter(Boolean).join(' ')],
        ['State', state],
        ['Size', size(size_bytes)],
        ['Connections', `${exact(connections)} of ${exact(max_connections)}`],
        ['API', exposure && EXPOSED[exposure]]
      ];
    }
    case 'table': {
      const { table } = subject;
      const estimate = rowEstimate(table);
      return [
        ['Rows', estimate === null ? null : `about ${exact(estimate)}`],
        ['Size', size(table.size_bytes)],
        ['Key', list(table.primary_key)],
        ['Row security', table.kind === 'table' ? (table.row_security ? 'on' : 'off') : null],
        ['Policies', table.policies.length > 0 ? table.policies.join(', ') : null],
        ['API roles', list(table.exposed_to)]
      ];
    }
    case 'column': {
      const { type, nullable, references, comment, primary_key, default: standard } = subject.column;
      return [
        ['Type', type],
        ['Key', primary_key ? 'part of the primary key' : null],
        ['Null', nullable ? 'allowed' : 'not allowed'],
        ['Default', standard],
        ['Refers to', references && `${references.schema}.${references.table}.${references.column}`],
        ['Comment', comment]
      ];
    }
    case 'policy':
      return [
        ['Row policy of', subject.table.name],
        ['In force', subject.table.row_security ? 'yes' : 'no: row security is off']
      ];
    case 'function':
      return [
        ['Arguments', subject.routine.arguments === '' ? 'none' : subject.routine.arguments],
        ['Returns', subject.routine.returns]
      ];
    case 'collection': {
      const { documents, size_bytes, indexes } = subject.collection;
      return [
        ['Documents', documents === null ? null : exact(documents)],
        ['Size', size(size_bytes)],
        ['Indexes', exact(indexes.length)]
      ];
    }
    case 'field':
      return [
        ['Types', subject.field.types.join(', ')],
        ['Found in', `${Math.round(subject.field.share * 100)}% of the documents looked at`]
      ];
    case 'index':
      return [
        ['Fields', indexKey(subject.index)],
        ['Unique', subject.index.unique ? 'yes' : 'no']
      ];
    default:
      return null;
  }
}

function size(value: number | null): string | null {
  return value === null ? null : bytes(value);
}

function list(names: readonly string[]): string {
  return names.length > 0 ? names.join(', ') : 'none';
}
