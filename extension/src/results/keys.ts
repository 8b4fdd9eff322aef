/** The keys of the grid, after the ARIA authoring practices' data grid, and those a person knows from spreadsheets. */

import { BasicKeyHandler } from '@lumino/datagrid';
import type { DataGrid } from '@lumino/datagrid';
import { Platform } from '@lumino/domutils';

/** What keys ask for beyond moving about. */
export interface KeyActions {
  copy: () => void;
  jump: () => void;
  open: () => void;
  close: () => void;
  filter: () => void;
  menu: () => void;
  /** To the end of all rows, whether it is known already or not. */
  end: (extend: boolean) => void;
}

export class GridKeys extends BasicKeyHandler {
  constructor(private readonly actions: KeyActions) {
    super();
  }

  override onKeyDown(grid: DataGrid, event: KeyboardEvent): void {
    const handled = this.own(grid, event);
    if (handled) {
      event.preventDefault();
      event.stopPropagation();
    } else if (!PASSED.has(event.key)) {
      super.onKeyDown(grid, event);
    }
  }

  private own(grid: DataGrid, event: KeyboardEvent): boolean {
    const accel = Platform.accelKey(event);
    const model = grid.selectionModel;
    if (!model) {
      return false;
    }
    const lastColumn = grid.columnCount('body') - 1;
    const go = (row: number, column: number): boolean => {
      move(grid, row, column, event.shiftKey);
      return true;
    };
    const act = (action: () => void): boolean => {
      action();
      return true;
    };
    switch (event.key) {
      case 'Home':
        return go(accel ? 0 : Math.max(model.cursorRow, 0), 0);
      case 'End':
        if (accel) {
          return act(() => {
            this.actions.end(event.shiftKey);
          });
        }
        return go(Math.max(model.cursorRow, 0), lastColumn);
      case 'Enter':
      case 'F2':
        return act(this.actions.open);
      case 'Escape':
        return act(this.actions.close);
      case '/':
        return act(this.actions.filter);
      case 'ContextMenu':
        return act(this.actions.menu);
      case 'F10':
        return event.shiftKey && act(this.actions.menu);
      default:
        break;
    }
    switch (accel && !event.altKey ? event.key.toLowerCase() : '') {
      case 'a':
        model.select({
          r1: 0,
          c1: 0,
          r2: Infinity,
          c2: Infinity,
          cursorRow: Math.max(model.cursorRow, 0),
          cursorColumn: Math.max(model.cursorColumn, 0),
          clear: 'all'
        });
        return true;
      case 'c':
        return !event.shiftKey && act(this.actions.copy);
      case 'g':
        return act(this.actions.jump);
      default:
        return false;
    }
  }
}

/** Tab leaves the grid, as it leaves every other control; nothing in it can be deleted. */
const PASSED = new Set(['Tab', 'Delete', 'c', 'C']);

/** Puts the cursor on a cell, or what is selected up to it. */
export function move(grid: DataGrid, row: number, column: number, extend = false): void {
  const model = grid.selectionModel;
  if (!model) {
    return;
  }
  const anchor = extend && model.cursorRow >= 0;
  model.select({
    r1: anchor ? model.cursorRow : row,
    c1: anchor ? model.cursorColumn : column,
    r2: row,
    c2: column,
    cursorRow: anchor ? model.cursorRow : row,
    cursorColumn: anchor ? model.cursorColumn : column,
    clear: anchor ? 'current' : 'all'
  });
  grid.scrollToCell(row, column);
}
