/** What is inside a database, as nodes of the tree: schemas with tables, views and functions, or collections. */

import type { Collection, Contents, Database, Routine, Schema, Table, Tenant } from '../api/nouns.js';
import { count, plural } from './format.js';
import type { Node } from './nodes.js';
import type { Subject } from './rows.js';
import { collectionFigures, indexKey, rowEstimate, shareFigure, spoken } from './words.js';

interface Where {
  tenant: Tenant;
  database: Database;
}

/** None when there is nothing to show. */
export function contentNodes(contents: Contents, where: Where): Node[] {
  if (contents.collections) {
    return contents.collections.map(collection => collectionNode(collection, where));
  }
  const { schemas } = contents;
  if (schemas.every(({ tables, functions }) => tables.length + functions.length === 0)) {
    return [];
  }
  return schemas.map(schema => schemaNode(schema, where, schemas.length === 1));
}

function schemaNode(schema: Schema, where: Where, only: boolean): Node {
  const { tables, functions } = schema;
  const holds = spoken(
    plural(tables.length, 'table'),
    functions.length > 0 ? plural(functions.length, 'function') : null
  );
  return {
    key: `schema ${schema.name}`,
    name: schema.name,
    searched: true,
    shown: () => ({
      subject: { kind: 'schema', schema, ...where },
      figure: tables.length > 0 ? count(tables.length) : '',
      label: spoken(schema.name, 'schema', holds)
    }),
    inside: tables.length + functions.length > 0 ? () => nodesOf(schema, where) : null,
    // The only schema, or the usual one: what a person came for is inside.
    startsOpen: only || schema.name === 'public'
  };
}

/** Grouped where there are several kinds of things; one kind needs no heading. */
function nodesOf(schema: Schema, where: Where): Node[] {
  const groups = [
    groupNode('tables', 'Tables', tablesOf(schema, false, where), where, true),
    groupNode('views', 'Views', tablesOf(schema, true, where), where, true),
    groupNode('functions', 'Functions', routinesOf(schema, where), where, false)
  ].filter(group => group !== null);
  return groups.length === 1 ? (groups[0]?.inside?.() ?? []) : groups;
}

function groupNode(
  what: Extract<Subject, { kind: 'group' }>['what'],
  name: string,
  nodes: Node[],
  where: Where,
  startsOpen: boolean
): Node | null {
  if (nodes.length === 0) {
    return null;
  }
  return {
    key: what,
    name,
    searched: false,
    shown: () => ({
      subject: { kind: 'group', what, ...where },
      figure: count(nodes.length),
      label: spoken(name, plural(nodes.length, what.slice(0, -1)))
    }),
    inside: () => nodes,
    startsOpen
  };
}

export function isView({ kind }: Table): boolean {
  return kind.includes('view');
}

function tablesOf(schema: Schema, views: boolean, where: Where): Node[] {
  return schema.tables.filter(table => isView(table) === views).map(table => tableNode(table, where));
}

function tableNode(table: Table, where: Where): Node {
  return {
    key: `table ${table.name}`,
    name: table.name,
    searched: true,
    shown: () => {
      const estimate = rowEstimate(table);
      return {
        subject: { kind: 'table', table, ...where },
        figure: estimate === null ? '' : count(estimate),
        label: spoken(
          table.name,
          table.kind,
          estimate === null ? null : `about ${plural(estimate, 'row')}`,
          table.row_security ? 'row security on' : null,
          table.warning === null ? null : `warning: ${table.warning}`
        )
      };
    },
    inside: table.columns.length > 0 ? () => [...columnsOf(table, where), ...policiesOf(table, where)] : null,
    startsOpen: false
  };
}

function columnsOf(table: Table, where: Where): Node[] {
  return table.columns.map(column => {
    const target = column.references;
    return leaf(`column ${column.name}`, column.name, () => ({
      subject: { kind: 'column', table, column, ...where },
      figure: column.type,
      label: spoken(
        column.name,
        'column',
        column.type,
        column.primary_key ? 'primary key' : null,
        target && `refers to ${target.table}.${target.column}`,
        column.comment
      )
    }));
  });
}

function policiesOf(table: Table, where: Where): Node[] {
  return table.policies.map(policy =>
    leaf(`policy ${policy}`, policy, () => ({
      subject: { kind: 'policy', table, policy, ...where },
      figure: 'policy',
      label: spoken(policy, 'row policy', table.row_security ? null : 'not in force')
    }))
  );
}

function routinesOf(schema: Schema, where: Where): Node[] {
  return schema.functions.map((routine: Routine) =>
    leaf(`function ${routine.name} ${routine.arguments}`, routine.name, () => ({
      subject: { kind: 'function', schema, routine, ...where },
      figure: routine.returns,
      label: spoken(
        routine.name,
        'function',
        routine.arguments === '' ? null : `of ${routine.arguments}`,
        `returns ${routine.returns}`
      )
    }))
  );
}

function collectionNode(collection: Collection, where: Where): Node {
  const { name, type, documents, fields, indexes } = collection;
  return {
    key: `collection ${name}`,
    name,
    searched: true,
    shown: () => ({
      subject: { kind: 'collection', collection, ...where },
      figure: documents === null ? '' : count(documents),
      label: spoken(name, type === 'view' ? 'view' : 'collection', collectionFigures(collection))
    }),
    inside:
      fields.length + indexes.length > 0
        ? () => [...fieldsOf(collection, where), ...indexesOf(collection, where)]
        : null,
    startsOpen: false
  };
}

function fieldsOf(collection: Collection, where: Where): Node[] {
  return collection.fields.map(field => {
    const share = shareFigure(field.share);
    return leaf(`field ${field.path}`, field.path, () => ({
      subject: { kind: 'field', collection, field, ...where },
      figure: field.types.join(' | '),
      label: spoken(field.path, 'field', field.types.join(' or '), share && `in ${share} of the documents`)
    }));
  });
}

function indexesOf(collection: Collection, where: Where): Node[] {
  return collection.indexes.map(index =>
    leaf(`index ${index.name}`, index.name, () => ({
      subject: { kind: 'index', collection, index, ...where },
      figure: indexKey(index),
      label: spoken(index.name, index.unique ? 'unique index' : 'index', `on ${indexKey(index)}`)
    }))
  );
}

function leaf(key: string, name: string, shown: Node['shown']): Node {
  return { key, name, searched: true, shown, inside: null, startsOpen: false };
}
