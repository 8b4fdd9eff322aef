import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Widget } from '@lumino/widgets';

import type { Desk } from '../results/desk.js';
import type { Cell } from '../results/source.js';

export interface ChartOptions {
  desk: Desk;
  rows: (limit: number, signal: AbortSignal) => Promise<(readonly Cell[])[]>;
  rendermime: IRenderMimeRegistry;
}

export function createChart(options: ChartOptions): Widget {
  return new Widget({
    node: document.createElement(options.desk.view.source.name === '' ? 'div' : 'section')
  });
}
