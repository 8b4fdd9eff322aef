/**
 * A quick chart of a result.
 *
 * 1. JupyterLab's own Vega-Lite draws it: nothing is added to what it brings.
 * 2. It is of the first rows, up to a bound that is said; the engine aggregates better than a chart does.
 * 3. Names and values are data of the specification, never a part of its language.
 */

import { ReactWidget } from '@jupyterlab/apputils';
import type { IThemeManager } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import { Panel } from '@lumino/widgets';
import type { Widget } from '@lumino/widgets';
import * as React from 'react';

import type { Desk } from '../results/desk.js';
import type { Cell, RowSource } from '../results/source.js';
import { guess } from './guess.js';
import type { Choice } from './guess.js';
import { Caption, Fields } from './panel.js';
import { specification } from './spec.js';
import type { Look } from './spec.js';

const MIME = 'application/vnd.vegalite.v5+json';
const MOST_ROWS = 5000;
/** Milliseconds of rest before another size is drawn. */
const REST = 150;

export interface ChartOptions {
  desk: Desk;
  /** The first rows of what is shown. */
  rows: (limit: number, signal: AbortSignal) => Promise<(readonly Cell[])[]>;
  rendermime: IRenderMimeRegistry;
  themes: IThemeManager | null;
  close: () => void;
}

export function createChart(options: ChartOptions): Widget {
  return new Chart(options);
}

class Chart extends Panel {
  constructor(private readonly options: ChartOptions) {
    super();
    this.addClass('dbaas-Chart');
    this.canvas.addClass('dbaas-Chart-canvas');
    for (const widget of [this.fields, this.canvas, this.caption]) {
      this.addWidget(widget);
    }
    this.sizes.observe(this.canvas.node);
    options.themes?.themeChanged.connect(this.later);
    this.stop = options.desk.subscribe(() => {
      if (options.desk.view.source !== this.source) {
        void this.read();
      } else {
        this.caption.update();
      }
    });
    void this.read();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      clearTimeout(this.timer);
      this.stop();
      this.sizes.disconnect();
      this.options.themes?.themeChanged.disconnect(this.later);
      this.controller.abort();
      super.dispose();
    }
  }

  private async read(): Promise<void> {
    const { desk, rows } = this.options;
    const { source } = desk.view;
    const before = this.source?.columns;
    this.source = source;
    this.controller.abort();
    const controller = new AbortController();
    this.controller = controller;
    await desk.during(
      () => 'Reading rows for the chart…',
      controller,
      async () => {
        this.rows = await rows(MOST_ROWS, controller.signal);
      }
    );
    if (this.isDisposed || source !== this.source) {
      return;
    }
    if (before !== source.columns || this.choice === null) {
      this.choice = guess(source.columns, this.rows);
    }
    this.fields.update();
    void this.draw();
  }

  private async draw(): Promise<void> {
    const { clientWidth: width, clientHeight: height } = this.canvas.node;
    if (!this.source || !this.choice || width < 50 || height < 50) {
      return;
    }
    const turn = (this.turn += 1);
    const size = { width: width - 24, height: height - 24 };
    const { spec, left } = specification(
      this.source.columns,
      this.rows,
      this.choice,
      lookOf(this.node),
      size
    );
    this.left = left;
    this.caption.update();
    const renderer = this.options.rendermime.createRenderer(MIME);
    const model = this.options.rendermime.createModel({
      data: { [MIME]: spec as ReadonlyJSONObject },
      // The specification holds the rows: nothing offers to send it to another site.
      metadata: {
        [MIME]: {
          embed_options: { actions: { export: true, source: false, compiled: false, editor: false } }
        }
      }
    });
    await renderer.renderModel(model);
    if (turn !== this.turn || this.isDisposed) {
      renderer.dispose();
      return;
    }
    const old = [...this.canvas.widgets];
    this.canvas.addWidget(renderer);
    for (const widget of old) {
      widget.dispose();
    }
  }

  private readonly later = (): void => {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.draw(), REST);
  };

  private source: RowSource | null = null;
  private rows: readonly (readonly Cell[])[] = [];
  private choice: Choice | null = null;
  private left: string | null = null;
  private turn = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private controller = new AbortController();
  private readonly stop: () => void;
  private readonly sizes = new ResizeObserver(this.later);
  private readonly canvas = new Panel();
  private readonly fields = new Rendered(() =>
    this.source && this.choice
      ? React.createElement(Fields, {
          columns: this.source.columns,
          choice: this.choice,
          onChoice: choice => {
            this.choice = choice;
            this.fields.update();
            void this.draw();
          },
          onClose: this.options.close
        })
      : null
  );
  private readonly caption = new Rendered(() =>
    this.source
      ? React.createElement(Caption, { rows: this.rows.length, total: this.source.total, left: this.left })
      : null
  );
}

/** React, drawn when it is told to. */
class Rendered extends ReactWidget {
  constructor(private readonly content: () => React.ReactElement | null) {
    super();
  }

  protected override render(): React.ReactElement | null {
    return this.content();
  }
}

function lookOf(node: Element): Look {
  const style = getComputedStyle(node);
  const variable = (name: string): string => style.getPropertyValue(`--jp-${name}`).trim();
  return {
    text: variable('ui-font-color1'),
    dim: variable('ui-font-color2'),
    line: variable('border-color2'),
    brand: variable('brand-color1'),
    font: variable('ui-font-family')
  };
}
