/** The mouse in the grid: a click on a header sorts, a drag over headers selects columns. */

import { BasicMouseHandler } from '@lumino/datagrid';
import type { DataGrid } from '@lumino/datagrid';
import { Platform } from '@lumino/domutils';

export interface MouseActions {
  /** @param add keeps the other columns of the order. */
  sort: (column: number, add: boolean) => void;
  open: () => void;
  widen: (column: number) => void;
  menu: (x: number, y: number) => void;
}

/** Pixels beside a column's edge that belong to resizing it, as @lumino/datagrid has them. */
const EDGE = 6;
/** Pixels that a hand may tremble in a click. */
const TREMBLE = 4;

export class GridMouse extends BasicMouseHandler {
  constructor(private readonly actions: MouseActions) {
    super();
  }

  override onMouseDown(grid: DataGrid, event: MouseEvent): void {
    const hit = grid.hitTest(event.clientX, event.clientY);
    if (hit.region === 'column-header' && edgeOf(hit) === null && !Platform.accelKey(event)) {
      this.pressed = { event, column: hit.column };
      return;
    }
    super.onMouseDown(grid, event);
  }

  override onMouseMove(grid: DataGrid, event: MouseEvent): void {
    if (this.pressed) {
      const { clientX, clientY } = this.pressed.event;
      if (Math.abs(event.clientX - clientX) + Math.abs(event.clientY - clientY) <= TREMBLE) {
        return;
      }
      super.onMouseDown(grid, this.pressed.event);
      this.pressed = null;
    }
    super.onMouseMove(grid, event);
  }

  override onMouseUp(grid: DataGrid, event: MouseEvent): void {
    if (this.pressed) {
      this.actions.sort(this.pressed.column, event.shiftKey);
    }
    super.onMouseUp(grid, event);
  }

  override release(): void {
    this.pressed = null;
    super.release();
  }

  override onMouseHover(grid: DataGrid, event: MouseEvent): void {
    super.onMouseHover(grid, event);
    const hit = grid.hitTest(event.clientX, event.clientY);
    if (hit.region === 'column-header' && edgeOf(hit) === null) {
      grid.viewport.node.style.cursor = 'pointer';
    }
  }

  override onMouseDoubleClick(grid: DataGrid, event: MouseEvent): void {
    const hit = grid.hitTest(event.clientX, event.clientY);
    if (hit.region === 'body') {
      this.actions.open();
    } else if (hit.region === 'column-header') {
      const column = edgeOf(hit);
      if (column !== null) {
        this.actions.widen(column);
      }
    }
    this.release();
  }

  override onContextMenu(grid: DataGrid, event: MouseEvent): void {
    const hit = grid.hitTest(event.clientX, event.clientY);
    const model = grid.selectionModel;
    if (hit.region === 'void' || !model) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const inRow = hit.region === 'column-header' || model.isRowSelected(hit.row);
    if (!inRow || !(hit.region === 'row-header' || model.isColumnSelected(hit.column))) {
      const whole = { r2: Infinity, c2: Infinity };
      model.select({
        r1: hit.region === 'column-header' ? 0 : hit.row,
        r2: hit.region === 'column-header' ? whole.r2 : hit.row,
        c1: hit.region === 'row-header' ? 0 : hit.column,
        c2: hit.region === 'row-header' ? whole.c2 : hit.column,
        cursorRow: hit.region === 'column-header' ? 0 : hit.row,
        cursorColumn: hit.region === 'row-header' ? 0 : hit.column,
        clear: 'all'
      });
    }
    this.actions.menu(event.clientX, event.clientY);
  }

  private pressed: { event: MouseEvent; column: number } | null = null;
}

/** The column whose edge is under the pointer. */
function edgeOf({ x, width, column }: DataGrid.HitTestResult): number | null {
  if (column > 0 && x < EDGE) {
    return column - 1;
  }
  return width - x <= EDGE ? column : null;
}
