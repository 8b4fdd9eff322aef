/** All rows of a table, in the main area. */

import { Widget, PanelLayout } from '@lumino/widgets';

import { sender } from '../api/connect.js';
import { asApiError } from '../api/errors.js';
import { Results } from '../api/results.js';
import { shown } from '../shown/index.js';
import { EngineSource } from './engine.js';
import { identifier } from './formats.js';
import { createResults } from './view.js';
import type { ResultsOptions } from './view.js';

export interface BrowsedTable {
  tenant: string;
  database: string;
  schema: string | null;
  table: string;
}

/** Runs a table's statement and shows what it brings. */
export function browse(
  context: Pick<ResultsOptions, 'app' | 'rendermime' | 'themes'>,
  { tenant, database, schema, table }: BrowsedTable
): Widget {
  const results = new Results(sender(context.app.serviceManager.serverSettings), tenant, database);
  const names = schema === null ? [table] : [schema, table];
  const text = `select * from ${names.map(identifier).join('.')}`;
  const panel = new Widget();
  panel.addClass('dbaas-Browse');
  const layout = new PanelLayout();
  panel.layout = layout;
  const controller = new AbortController();
  panel.disposed.connect(() => {
    controller.abort();
  });
  results.run({ text }, { record: false, signal: controller.signal }).then(
    answer => {
      const source = EngineSource.of(results, { text }, answer, table);
      layout.addWidget(createResults({ ...context, source, run: { tenant, database, text } }));
    },
    (thrown: unknown) => {
      if (!controller.signal.aborted) {
        const { message, hint } = asApiError(thrown);
        panel.node.setAttribute('role', 'alert');
        panel.node.textContent = shown([message, hint].filter(Boolean).join(' '), 1000).text;
      }
    }
  );
  return panel;
}
