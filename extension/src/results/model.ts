/** A source's rows as the grid asks for them: what is not here yet is painted as such, and painted again when it comes. */

import { DataModel } from '@lumino/datagrid';

import { rowsShown } from './geometry.js';
import { Pages } from './pages.js';
import type { Cell, RowSource } from './source.js';

/** Stands for a cell that is on its way. */
export const LOADING = Symbol('loading');

export class RowsModel extends DataModel {
  readonly pages: Pages;

  /** @param failed is told what was thrown when rows did not come. */
  constructor(
    readonly source: RowSource,
    failed: (thrown: unknown) => void
  ) {
    super();
    this.pages = new Pages(
      source,
      (offset, count) => {
        this.grow();
        this.repaint(offset, count);
      },
      failed
    );
    this.count = rowsShown(source);
    this.unsubscribe = source.subscribe(() => {
      this.grow();
    });
  }

  override rowCount(region: DataModel.RowRegion): number {
    return region === 'body' ? this.count : 1;
  }

  override columnCount(region: DataModel.ColumnRegion): number {
    return region === 'body' ? this.source.columns.length : 1;
  }

  override data(region: DataModel.CellRegion, row: number, column: number): Cell | typeof LOADING {
    switch (region) {
      case 'body': {
        const cells = this.pages.row(row);
        return cells ? (cells[column] ?? null) : LOADING;
      }
      case 'row-header':
        return row + 1;
      case 'column-header':
        return this.source.columns[column]?.name ?? '';
      case 'corner-header':
        return '';
    }
  }

  dispose(): void {
    this.unsubscribe();
    this.pages.dispose();
  }

  private grow(): void {
    const more = rowsShown(this.source) - this.count;
    this.count += more;
    if (more > 0) {
      this.emitChanged({ type: 'rows-inserted', region: 'body', index: this.count - more, span: more });
    } else if (more < 0) {
      this.emitChanged({ type: 'rows-removed', region: 'body', index: this.count, span: -more });
    }
  }

  private repaint(row: number, rowSpan: number): void {
    const columnSpan = this.source.columns.length;
    if (rowSpan > 0 && columnSpan > 0) {
      this.emitChanged({ type: 'cells-changed', region: 'body', row, column: 0, rowSpan, columnSpan });
    }
  }

  private count: number;
  private readonly unsubscribe: () => void;
}
