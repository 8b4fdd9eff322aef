/**
 * Results in the outputs of notebooks.
 *
 * 1. A file is not to be believed: its shape is checked, its text is drawn as text, and it runs nothing by itself.
 * 2. What is not trusted, JupyterLab's word for outputs that this person did not make, is shown as it was saved and no
 *    more: no statement out of it reaches a database or a cell.
 * 3. The notebook scrolls as it did. A grid takes the wheel and the keys while the keyboard is in it.
 */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IThemeManager } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { PanelLayout, Widget } from '@lumino/widgets';

import { sender } from '../api/connect.js';
import { Results } from '../api/results.js';
import { createResults, EngineSource, StaticSource } from '../results/index.js';
import { shown } from '../shown/index.js';
import { readBundle } from './bundle.js';
import type { Saved } from './bundle.js';
import { leaveTheNotebookAlone } from './manners.js';
import { SavedSource } from './saved.js';

import '../../style/renderer.css';

export interface Surroundings {
  app: JupyterFrontEnd;
  themes: IThemeManager | null;
  rendermime: IRenderMimeRegistry;
}

const ROW = 24;
const ROWS = 14;
/** The bar, the header, the grid's scroll bar and the borders, in pixels. */
const AROUND = 32 + 40 + 16 + 2;

/** What shows a bundle; null where it is none that can be shown. */
export function rendered(around: Surroundings, data: unknown, trusted: boolean): Widget | null {
  const saved = readBundle(data);
  if (!saved) {
    return null;
  }
  const { tenant, database, text } = saved;
  const source = sourceOf(around, saved, trusted);
  const results = createResults({
    ...around,
    source,
    ...(trusted ? { run: { tenant, database, text } } : {})
  });
  if (source instanceof SavedSource) {
    source.begin();
  }
  const panel = new Widget();
  panel.addClass('dbaas-Rendered');
  const frame = new Widget();
  frame.addClass('dbaas-Rendered-frame');
  frame.node.style.height = `${AROUND + ROW * Math.min(Math.max(source.known, 1), ROWS)}px`;
  within(frame, results);
  within(panel, frame);
  for (const sentence of [...notes(saved, trusted), ...saved.notices]) {
    const line = document.createElement('div');
    line.className = 'dbaas-Rendered-note';
    line.textContent = shown(sentence, 1000).text;
    panel.node.append(line);
  }
  leaveTheNotebookAlone(frame.node);
  return panel;
}

function sourceOf({ app }: Surroundings, saved: Saved, trusted: boolean): StaticSource | SavedSource {
  const { tenant, database, text, columns, rows, complete, total } = saved;
  const name = 'result';
  if (!trusted || !saved.pageable) {
    return new StaticSource(columns, rows, { total: complete ? rows.length : total, name });
  }
  const results = new Results(sender(app.serviceManager.serverSettings), tenant, database);
  const start = { result: null, columns, rows: [], complete: false, total };
  return new SavedSource(saved, new EngineSource(results, { text }, start, name), name);
}

function notes({ complete, pageable }: Saved, trusted: boolean): string[] {
  if (complete) {
    return [];
  }
  if (!trusted) {
    return ['The rows that were saved. Trust the notebook, or run the cell, to see more.'];
  }
  return pageable ? [] : ['More rows need the cell to be run: it changes something, or takes parameters.'];
}

function within(outer: Widget, inner: Widget): void {
  const layout = new PanelLayout();
  layout.addWidget(inner);
  outer.layout = layout;
}
