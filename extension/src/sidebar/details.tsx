/** More about the active row, below the tree: figures, explanations, and what one does with it. */

import type { Menu } from '@lumino/widgets';
import * as React from 'react';

import { aboutRow } from './about.js';
import type { Fact } from './about.js';
import { COMMANDS } from './actions.js';
import { Chevron, Close, Copy, KeyIcon, Plus, Run, Warning } from './icons.js';
import { idOf } from './known.js';
import type { Model } from './model.js';
import type { Row, Subject } from './rows.js';
import { Snippet } from './states.js';

interface DetailsProps {
  row: Row | null;
  model: Model;
  run: (command: string) => void;
  snippets: Menu;
}

export function Details({ row, model, run, snippets }: DetailsProps): React.ReactElement | null {
  const facts = row && aboutRow(row.subject);
  if (!row || !facts) {
    return null;
  }
  const { subject } = row;
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
      <Facts facts={facts} />
      {subject.kind === 'database' && isEmpty(subject, model) && <FirstTable subject={subject} />}
      <Actions subject={subject} run={run} snippets={snippets} />
    </section>
  );
}

function Facts({ facts }: { facts: readonly Fact[] }): React.ReactElement {
  return (
    <dl>
      {facts.map(
        ([term, value]) =>
          value !== null && (
            <React.Fragment key={term}>
              <dt>{term}</dt>
              <dd>
                <bdi>{value}</bdi>
              </dd>
            </React.Fragment>
          )
      )}
    </dl>
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
  run: DetailsProps['run'];
  snippets: Menu;
}

function Actions({ subject, run, snippets }: ActionsProps): React.ReactElement | null {
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
          {action(Plus, 'New database…', COMMANDS.createDatabase)}
          {action(KeyIcon, 'API keys…', COMMANDS.keys)}
        </div>
      );
    case 'database':
      return (
        <div className="dbaas-Actions">
          {action(Copy, 'Connection string', COMMANDS.copyConnectionString)}
          {subject.database.rest_url !== null && action(Copy, 'REST URL', COMMANDS.copyRestUrl)}
          <SnippetButton menu={snippets} />
        </div>
      );
    case 'table':
    case 'collection':
      return (
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
