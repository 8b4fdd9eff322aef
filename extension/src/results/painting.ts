/**
 * Cells painted straight onto the grid's canvas.
 *
 * @lumino/datagrid paints every cell into a buffer and copies it from there, so that nothing leaves its cell. Where no
 * graphics card helps, each of these copies costs a copy of the whole buffer: seconds for a screen of cells. What our
 * painters draw fits its cell, or is clipped by them, so that the way around is not needed.
 */

import { GraphicsContext } from '@lumino/datagrid';
import type { CellRenderer, DataGrid, DataModel } from '@lumino/datagrid';

/** A part of the grid that has to be painted: its cells from `row` and `column`, and what of them is in view. */
interface Region {
  region: DataModel.CellRegion;
  xMin: number;
  yMin: number;
  xMax: number;
  yMax: number;
  x: number;
  y: number;
  row: number;
  column: number;
  rowSizes: number[];
  columnSizes: number[];
}

/** Not part of what the grid promises: where another version has no such method, it paints in its own way. */
interface Inner {
  _drawCells: (region: Region) => void;
}

export function paintDirectly(grid: DataGrid, canvas: () => CanvasRenderingContext2D): void {
  (grid as unknown as Inner)._drawCells = region => {
    const model = grid.dataModel;
    if (!model) {
      return;
    }
    const context = canvas();
    let x = region.x;
    for (const [index, width] of region.columnSizes.entries()) {
      context.save();
      context.beginPath();
      const left = Math.max(region.xMin, x);
      const right = Math.min(x + width - 1, region.xMax);
      context.rect(left, region.yMin, right - left + 1, region.yMax - region.yMin + 1);
      context.clip();
      const gc = new GraphicsContext(context);
      paintColumn(grid, model, gc, region, region.column + index, x, width);
      gc.dispose();
      context.restore();
      x += width;
    }
  };
}

function paintColumn(
  grid: DataGrid,
  model: DataModel,
  gc: GraphicsContext,
  { region, row: firstRow, y: top, rowSizes }: Region,
  column: number,
  x: number,
  width: number
): void {
  let y = top;
  for (const [index, height] of rowSizes.entries()) {
    const row = firstRow + index;
    const value: unknown = model.data(region, row, column);
    const metadata = {};
    const config: CellRenderer.CellConfig = { x, y, width, height, region, row, column, value, metadata };
    if (width > 0 && height > 0) {
      grid.cellRenderers.get(config).paint(gc, config);
    }
    y += height;
  }
}
