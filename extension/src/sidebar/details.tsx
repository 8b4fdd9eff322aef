/** More about the active row, below the tree: figures, explanations, and what one does with it. */

import type { Menu } from '@lumino/widgets';
import * as React from 'react';

import { may } from '../api/rights.js';
import { aboutRow } from './about.js';
import type { Run as RunCommand } from './commands/index.js';
import { Dropped } from './dropped.js';
import { Facts } from './facts.js';
import { COMMANDS } from './actions.js';
import { Chevron, Close, Copy, Gauge, KeyIcon, Plus, Run, Warning } from './icons.js';
import { idOf } from './known.js';
import type { Model } from './model.js';
import type { Row, Subject } from './rows.js';
import { Snippet } from './states.js';
import { StorageFull, Used } from './tenant.js';

interface DetailsProps {
  row: Row | null;
  model: Model;
  run: RunCommand;
  snippets: Menu;
}

export function Details({ row, model, run, snippets }: DetailsProps): React.ReactElement | null {
  const facts = row && aboutRow(row.subject);
  if (!row || !facts) {
    return null;
  }
  const { subject } = row;
  const operator = model.view.platform?.operator === true;
  return (
    <section className="dbaas-Details" aria-label={`About ${row.name}`}>
      <h3>
        <bdi>{row.name}</bdi>
        <button
          type="button"
          className="dbaas-IconButton"
          title="Close"
          aria-label="Close details"
          onClick={() => {
            model.focus(null);
          }}
        >
          <Close />
        </button>
      </h3>
      {subject.kind === 'table' && subject.table.warning !== null && (
        <p className="dbaas-Notice">
          <Warning className="dbaas-Warning" />
          <span>{subject.table.warning}</span>
        </p>
      )}
      {(subject.kind === 'tenant' || subject.kind === 'database') && subject.tenant.storage_full && (
        <StorageFull tenant={subject.tenant} operator={operator} />
      )}
      <Facts facts={facts} />
      {subject.kind === 'tenant' && <Dropped tenant={subject.tenant} view={model.view} run={run} />}
      {subject.kind === 'tenant' && <Used tenant={subject.tenant} view={model.view} />}
      {subject.kind === 'database' && may(subject.tenant, 'own') && isEmpty(subject, model) && (
        <FirstTable subject={subject} />
      )}
      <Actions subject={subject} operator={operator} run={run} snippets={snippets} />
    </section>
  );
}

type OfDatabase = Extract<Subject, { kind: 'database' }>;

/** Whether it was looked into, and nothing was there. */
function isEmpty({ database }: OfDatabase, { view }: Model): boolean {
  const contents = view.contents.get(idOf(database))?.value;
  return (
    contents != null &&
    (contents.collections ?? []).length === 0 &&
    contents.schemas.every(schema => schema.tables.length === 0)
  );
}

/** What one types in a notebook to put something into an empty database. */
function FirstTable({ subject: { tenant, database } }: { subject: OfDatabase }): React.ReactElement {
  const cell = `%%dbaas ${tenant.subdomain}/${database.name}\n`;
  const plain = /^[\w-]+$/.test(database.name);
  const documents = database.engine === 'document';
  const text = documents
    ? 'db.orders.insertOne({customer: "Ada", total: 12.5})'
    : 'create table orders (\n  id bigint generated always as identity primary key,\n  customer text not null\n)';
  return (
    <div className="dbaas-First">
      <p>
        Its first {documents ? 'collection' : 'table'}, in a notebook{plain ? ' after %load_ext dbaas' : ''}:
      </p>
      <Snippet text={plain ? cell + text : text} />
    </div>
  );
}

interface ActionsProps {
  subject: Subject;
  operator: boolean;
  run: DetailsProps['run'];
  snippets: Menu;
}

/** Those that the platform would let the person do. */
function Actions({ subject, operator, run, snippets }: ActionsProps): React.ReactElement | null {
  if (!('tenant' in subject)) {
    return null;
  }
  const owns = may(subject.tenant, 'own');
  const action = (icon: React.FC, label: string, command: string): React.ReactElement => (
    <Action
      icon={icon}
      label={label}
      onClick={() => {
        run(command);
      }}
    />
  );
  switch (subject.kind) {
    case 'tenant':
      return (
        <div className="dbaas-Actions">
          {owns && action(Plus, 'New database…', COMMANDS.createDatabase)}
          {owns && action(KeyIcon, 'API keys…', COMMANDS.keys)}
          {operator && action(Gauge, 'Change plan…', COMMANDS.changePlan)}
        </div>
      );
    case 'database':
      return (
        <div className="dbaas-Actions">
          {owns && action(Copy, 'Connection string', COMMANDS.copyConnectionString)}
          {subject.database.rest_url !== null && action(Copy, 'REST URL', COMMANDS.copyRestUrl)}
          {owns && <SnippetButton menu={snippets} />}
        </div>
      );
    case 'table':
    case 'collection':
      return !owns ? null : (
        <div className="dbaas-Actions">
          {action(Run, 'Query', COMMANDS.query)}
          <SnippetButton menu={snippets} />
        </div>
      );
    default:
      return null;
  }
}

function SnippetButton({ menu }: { menu: Menu }): React.ReactElement {
  return (
    <button
      type="button"
      className="dbaas-Button dbaas-mod-quiet"
      aria-haspopup="menu"
      onClick={({ currentTarget }) => {
        const { left, bottom } = currentTarget.getBoundingClientRect();
        menu.open(left, bottom);
      }}
    >
      <Copy />
      Snippet
      <Chevron className="dbaas-mod-down" />
    </button>
  );
}

interface ActionProps {
  icon: React.FC;
  label: string;
  onClick: () => void;
}

function Action({ icon: Icon, label, onClick }: ActionProps): React.ReactElement {
  return (
    <button type="button" className="dbaas-Button dbaas-mod-quiet" onClick={onClick}>
      <Icon />
      {label}
    </button>
  );
}
