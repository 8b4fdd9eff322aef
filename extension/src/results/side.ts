/** Beside the grid: the whole of a value, or a chart; nothing most of the time. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { PanelLayout, Widget } from '@lumino/widgets';
import * as React from 'react';

import type { Actions } from './actions.js';
import type { Desk } from './desk.js';
import type { ResultGrid } from './grid.js';
import { LOADING } from './model.js';
import { Viewer } from './viewer.js';
import type { Place } from './viewer.js';

export class Side extends Widget {
  constructor(
    private readonly desk: Desk,
    private readonly grid: ResultGrid,
    private readonly actions: Actions,
    private readonly rendermime: IRenderMimeRegistry | null
  ) {
    super();
    this.addClass('dbaas-Results-side');
    this.layout = new PanelLayout();
    this.hide();
  }

  /** Shows what the desk says. */
  refresh(): void {
    const { side } = this.desk.view;
    if (side === this.shown) {
      return;
    }
    this.shown = side;
    for (const widget of [...this.panel.widgets]) {
      widget.dispose();
    }
    this.value = null;
    if (side === null) {
      this.hide();
      this.grid.activate();
      return;
    }
    if (side === 'value') {
      this.value = new ValuePanel(this.desk, this.actions);
      this.panel.addWidget(this.value);
      this.follow();
    } else {
      void this.chart();
    }
    this.show();
  }

  /** Shows the value under the cursor. */
  follow(): void {
    const { rows: model, selectionModel: selection } = this.grid;
    if (!this.value || !model || !selection || selection.cursorRow < 0) {
      return;
    }
    const [row, column] = [selection.cursorRow, selection.cursorColumn];
    const cell = model.data('body', row, column);
    this.value.follow({ row, column, cell: cell === LOADING ? undefined : cell });
  }

  private async chart(): Promise<void> {
    if (!this.rendermime) {
      return;
    }
    const { createChart } = await import('../chart/index.js');
    const pages = this.grid.rows?.pages;
    if (this.shown === 'chart' && this.panel.widgets.length === 0 && pages) {
      this.panel.addWidget(
        createChart({
          desk: this.desk,
          rows: (limit, signal) => (this.grid.rows?.pages ?? pages).range(0, limit, signal),
          rendermime: this.rendermime
        })
      );
    }
  }

  private get panel(): PanelLayout {
    return this.layout as PanelLayout;
  }

  private shown: 'value' | 'chart' | null = null;
  private value: ValuePanel | null = null;
}

class ValuePanel extends ReactWidget {
  constructor(
    private readonly desk: Desk,
    private readonly actions: Actions
  ) {
    super();
    this.addClass('dbaas-Value-panel');
  }

  follow(place: Place): void {
    const { row, column, cell } = this.place ?? {};
    if (row !== place.row || column !== place.column || cell !== place.cell) {
      this.place = place;
      this.update();
    }
  }

  protected override render(): React.ReactElement {
    return React.createElement(Viewer, {
      desk: this.desk,
      place: this.place,
      onCopy: this.actions.copyText,
      onClose: this.actions.close
    });
  }

  private place: Place | null = null;
}
