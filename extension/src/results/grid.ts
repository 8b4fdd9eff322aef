/** The canvas: @lumino/datagrid over a source of rows, in the colours of the theme. */

import { BasicSelectionModel, DataGrid, RendererMap } from '@lumino/datagrid';
import type { Message } from '@lumino/messaging';

import { columnWidths, digits } from './geometry.js';
import { RowsModel } from './model.js';
import { BodyPainter, HeaderPainter, MARKS, PADDING, RowNumberPainter } from './painters.js';
import type { RowSource } from './source.js';
import { paletteOf } from './theme.js';
import type { Palette } from './theme.js';

const ROW = 24;
const HEADER = 40;
const WIDTH = 140;

export class ResultGrid extends DataGrid {
  /** @param failed is told what was thrown when rows did not come. */
  constructor(private readonly failed: (thrown: unknown) => void) {
    super({
      defaultSizes: { rowHeight: ROW, columnWidth: WIDTH, rowHeaderWidth: 48, columnHeaderHeight: HEADER },
      minimumSizes: { rowHeight: ROW, columnWidth: 32, rowHeaderWidth: 32, columnHeaderHeight: HEADER },
      headerVisibility: 'all'
    });
    this.addClass('dbaas-Grid');
  }

  /** Called after something was painted: scrolled, resized, or arrived. */
  painted: (() => void) | null = null;

  get rows(): RowsModel | null {
    return this.dataModel as RowsModel | null;
  }

  /** Shows other rows; of the same columns, if their widths are to stay. */
  present(source: RowSource): void {
    const before = this.rows;
    const widths = before && sameColumns(before.source, source) ? this.widths() : null;
    const model = new RowsModel(source, this.failed);
    this.dataModel = model;
    this.selectionModel = new BasicSelectionModel({ dataModel: model });
    before?.dispose();
    this.scrollTo(this.scrollX, 0);
    this.restyle();
    if (widths) {
      widths.forEach((width, column) => {
        this.resizeColumn('body', column, width);
      });
    } else {
      this.fitted = false;
      this.widen();
    }
  }

  /** Takes the theme's colours and letters as they are now. */
  restyle(): void {
    const source = this.rows?.source;
    if (!this.isAttached || !source) {
      return;
    }
    const palette = paletteOf(this.node);
    this.palette = palette;
    this.style = palette.grid;
    const header = new HeaderPainter(palette, source.columns, source.sort);
    const numbers = new RowNumberPainter(palette);
    this.cellRenderers = new RendererMap({
      body: new BodyPainter(palette, source.columns),
      'column-header': header,
      'row-header': numbers,
      'corner-header': numbers
    });
  }

  override dispose(): void {
    const model = this.rows;
    this.painted = null;
    super.dispose();
    model?.dispose();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.restyle();
    if (!this.fitted) {
      this.widen();
    }
  }

  protected override paintContent(x: number, y: number, width: number, height: number): void {
    super.paintContent(x, y, width, height);
    this.lookAt();
  }

  /** Asks for the rows in view. */
  private lookAt(): void {
    const model = this.rows;
    const view = this.currentViewport;
    if (model && view && view.lastRow >= view.firstRow && view.firstRow >= 0) {
      model.pages.want(view.firstRow, Math.min(view.lastRow, model.rowCount('body') - 1));
      if (!this.fitted && model.pages.row(0)) {
        this.widen();
      }
    }
    this.painted?.();
  }

  /** Gives columns the width of what is in them, as far as it is here; one of them, or all. */
  widen(only?: number): void {
    const model = this.rows;
    if (!model || !this.palette) {
      return;
    }
    const rows = model.pages.held();
    this.fitted ||= rows.length > 0;
    const { font, headerFont } = this.palette;
    const measure = (text: string, header: boolean): number => {
      this.canvasGC.font = header ? headerFont : font;
      return this.canvasGC.measureText(text).width;
    };
    columnWidths(model.source.columns, rows, measure, 2 * PADDING + 2, MARKS).forEach((width, column) => {
      if (only === undefined || column === only) {
        this.resizeColumn('body', column, width);
      }
    });
    const numbers = measure('0'.repeat(digits(model.rowCount('body'))), false);
    this.resizeColumn('row-header', 0, Math.ceil(numbers) + 2 * PADDING);
  }

  /** Where a cell begins, in pixels from the grid's corner; within what is in view. */
  placeOf(row: number, column: number): { x: number; y: number } {
    const x = this.headerWidth + this.columnOffset('body', column) - this.scrollX + PADDING;
    const y = this.headerHeight + this.rowOffset('body', row) - this.scrollY + ROW;
    const within = (value: number, least: number, most: number): number =>
      Math.min(Math.max(value, least), most);
    return {
      x: within(x, this.headerWidth, this.viewportWidth),
      y: within(y, this.headerHeight, this.viewportHeight)
    };
  }

  private widths(): number[] {
    const count = this.columnCount('body');
    return Array.from({ length: count }, (_, column) => this.columnSize('body', column));
  }

  private palette: Palette | null = null;
  private fitted = false;
}

function sameColumns(one: RowSource, other: RowSource): boolean {
  return (
    one.columns.length === other.columns.length &&
    one.columns.every((column, index) => column.name === other.columns[index]?.name)
  );
}
