/** More about the active row, below the tree: figures, explanations, and what one copies from it. */

import * as React from 'react';

import type { Column, Database, Exposure, Table, Tenant } from '../api/nouns.js';
import { COMMANDS } from './commands.js';
import { bytes, exact } from './format.js';
import { Close, Copy, Plus, Warning } from './icons.js';
import type { Model } from './model.js';
import { engineLabel, rowEstimate } from './rows.js';
import type { Row } from './rows.js';

interface DetailsProps {
  row: Row | null;
  model: Model;
  run: (command: string) => void;
}

export function Details({ row, model, run }: DetailsProps): React.ReactElement | null {
  if (!row || row.subject.kind === 'note' || row.subject.kind === 'schema') {
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
      {subject.kind === 'tenant' && <AboutTenant tenant={subject.tenant} run={run} />}
      {subject.kind === 'database' && <AboutDatabase database={subject.database} run={run} />}
      {subject.kind === 'table' && <AboutTable table={subject.table} />}
      {subject.kind === 'column' && <AboutColumn column={subject.column} />}
    </section>
  );
}

type Fact = [term: string, value: string | null];

function Facts({ facts }: { facts: Fact[] }): React.ReactElement {
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

function AboutTenant({ tenant, run }: { tenant: Tenant; run: DetailsProps['run'] }): React.ReactElement {
  return (
    <>
      <Facts
        facts={[
          ['In URLs', tenant.subdomain],
          ['Plan', tenant.plan_type],
          ['Limits', `${exact(tenant.max_connections)} connections, ${exact(tenant.max_storage_gb)} GB`],
          ['Default', tenant.default_database]
        ]}
      />
      <div className="dbaas-Actions">
        <Action
          icon={Plus}
          label="New database…"
          onClick={() => {
            run(COMMANDS.createDatabase);
          }}
        />
      </div>
    </>
  );
}

const EXPOSED: Record<Exposure, string> = {
  all: 'every table',
  policies: 'tables with row policies'
};

function AboutDatabase({
  database,
  run
}: {
  database: Database;
  run: DetailsProps['run'];
}): React.ReactElement {
  const version = database.version === null ? '' : ` ${database.version}`;
  return (
    <>
      <Facts
        facts={[
          ['Engine', engineLabel(database.engine) + version],
          ['State', database.state],
          ['Size', database.size_bytes === null ? null : bytes(database.size_bytes)],
          ['Connections', `${exact(database.connections)} of ${exact(database.max_connections)}`],
          ['API', database.exposure === null ? null : EXPOSED[database.exposure]]
        ]}
      />
      <div className="dbaas-Actions">
        <Action
          icon={Copy}
          label="Connection string"
          onClick={() => {
            run(COMMANDS.copyConnectionString);
          }}
        />
        {database.rest_url !== null && (
          <Action
            icon={Copy}
            label="REST URL"
            onClick={() => {
              run(COMMANDS.copyRestUrl);
            }}
          />
        )}
      </div>
    </>
  );
}

function AboutTable({ table }: { table: Table }): React.ReactElement {
  const estimate = rowEstimate(table);
  return (
    <>
      {table.warning !== null && (
        <p className="dbaas-Notice">
          <Warning className="dbaas-Warning" />
          <span>{table.warning}</span>
        </p>
      )}
      <Facts
        facts={[
          ['Rows', estimate === null ? null : `about ${exact(estimate)}`],
          ['Size', table.size_bytes === null ? null : bytes(table.size_bytes)],
          ['Key', table.primary_key.length > 0 ? table.primary_key.join(', ') : 'none'],
          ['Policies', table.row_security ? 'row security on' : 'row security off'],
          ['API roles', table.exposed_to.length > 0 ? table.exposed_to.join(', ') : 'none']
        ]}
      />
    </>
  );
}

function AboutColumn({ column }: { column: Column }): React.ReactElement {
  const target = column.references;
  return (
    <Facts
      facts={[
        ['Type', column.type],
        ['Null', column.nullable ? 'allowed' : 'not allowed'],
        ['Default', column.default],
        ['Refers to', target && `${target.schema}.${target.table}.${target.column}`],
        ['Comment', column.comment]
      ]}
    />
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
