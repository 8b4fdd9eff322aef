/** The tree as it would be with everything open, made only as far as somebody looks: tenants and databases. */

import type { Database, Tenant } from '../api/nouns.js';
import { may } from '../api/rights.js';
import { contentNodes } from './contents.js';
import { idOf, isOpenable } from './known.js';
import type { Known } from './known.js';
import type { Row, Subject } from './rows.js';
import { databaseFigure, databaseLabel, tenantLabel } from './words.js';

export interface Node {
  /** Tells it from its siblings, of every kind. */
  key: string;
  /** What is written. */
  name: string;
  /** Whether a search looks at its name. */
  searched: boolean;
  shown: () => Pick<Row, 'subject' | 'figure' | 'label'>;
  /** Null when it cannot be opened. */
  inside: (() => Node[]) | null;
  startsOpen: boolean;
}

export function tenantNodes(known: Known): Node[] {
  return (known.tenants ?? []).map(tenant => ({
    key: tenant.subdomain,
    name: tenant.name,
    searched: true,
    shown: () => ({ subject: { kind: 'tenant', tenant }, figure: '', label: tenantLabel(tenant) }),
    inside: () => databaseNodes(known, tenant),
    startsOpen: false
  }));
}

function databaseNodes(known: Known, tenant: Tenant): Node[] {
  const answer = known.databases.get(tenant.subdomain);
  if (answer?.problem && !answer.value) {
    return [note('problem', answer.problem.message, { tenant })];
  }
  if (!answer?.value) {
    return [note('loading', 'Loading…', { tenant })];
  }
  if (answer.value.length === 0) {
    const invited = may(tenant, 'own') ? ' Create one…' : '';
    return [note('empty', `No databases yet.${invited}`, { tenant })];
  }
  return answer.value.map(database => ({
    key: database.name,
    name: database.name,
    searched: true,
    shown: () => ({
      subject: { kind: 'database', tenant, database },
      figure: databaseFigure(database),
      label: databaseLabel(database)
    }),
    inside: isOpenable(database) ? () => nodesIn(known, tenant, database) : null,
    startsOpen: false
  }));
}

function nodesIn(known: Known, tenant: Tenant, database: Database): Node[] {
  const where = { tenant, database };
  if (database.state === 'creating') {
    return [note('loading', 'Being created…', where)];
  }
  const answer = known.contents.get(idOf(database));
  if (answer?.problem && !answer.value) {
    return [note('problem', answer.problem.message, where)];
  }
  if (!answer?.value) {
    return [note('loading', database.state === 'sleeping' ? 'Waking the database…' : 'Loading…', where)];
  }
  const nodes = contentNodes(answer.value, where);
  if (nodes.length > 0) {
    return nodes;
  }
  return [note('empty', answer.value.collections ? 'No collections yet.' : 'No tables yet.', where)];
}

type Note = Extract<Subject, { kind: 'note' }>;

function note(tone: Note['tone'], text: string, where: { tenant: Tenant; database?: Database }): Node {
  return {
    // No name holds a control character.
    key: '\0note',
    name: text,
    searched: false,
    shown: () => ({ subject: { kind: 'note', tone, text, ...where }, figure: '', label: text }),
    inside: null,
    startsOpen: false
  };
}
