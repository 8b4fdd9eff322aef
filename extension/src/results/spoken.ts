/** The canvas for those who do not see it: the grid's size, its current cell, and what changes, as a page has it. */

import type { ResultGrid } from './grid.js';
import { LOADING } from './model.js';
import { place } from './sentences.js';
import { shown } from '../shown/index.js';

/** Milliseconds of rest after which a cell is spoken: a key held down would say all that it passes. */
const REST = 150;

export class Spoken {
  /** What is said; to be put beside the grid. */
  readonly node = document.createElement('div');

  constructor(private readonly grid: ResultGrid) {
    this.node.className = 'dbaas-Grid-spoken';
    this.node.setAttribute('aria-live', 'polite');
    const { node } = grid.viewport;
    node.tabIndex = 0;
    node.setAttribute('role', 'grid');
    node.setAttribute('aria-label', 'Rows');
    node.setAttribute('aria-multiselectable', 'true');
    node.setAttribute('aria-readonly', 'true');
    this.header.setAttribute('role', 'row');
    this.title.setAttribute('role', 'columnheader');
    this.header.append(this.title);
    this.row.setAttribute('role', 'row');
    this.cell.setAttribute('role', 'gridcell');
    this.row.append(this.cell);
    this.mirror.className = 'dbaas-Grid-spoken';
    this.mirror.setAttribute('role', 'rowgroup');
    this.mirror.append(this.header, this.row);
    node.append(this.mirror);
  }

  /** Takes over where the cursor is, and what is there by now. */
  update(): void {
    const { rows: model, selectionModel: selection } = this.grid;
    if (!model) {
      return;
    }
    const { source } = model;
    const { node } = this.grid.viewport;
    node.setAttribute('aria-rowcount', String(source.total === null ? -1 : source.total + 1));
    node.setAttribute('aria-colcount', String(source.columns.length));
    const [row, column] = [selection?.cursorRow ?? -1, selection?.cursorColumn ?? -1];
    if (row < 0 || column < 0) {
      this.say('');
      return;
    }
    const value = model.data('body', row, column);
    const cell = value === LOADING ? undefined : value;
    const { name, type } = source.columns[column] ?? { name: '', type: '' };
    const index = source.sort.find(one => one.column === column);
    this.title.textContent = `${shown(name, 100).text}, ${shown(type, 100).text}`;
    this.title.setAttribute('aria-colindex', String(column + 1));
    this.title.setAttribute('aria-sort', index ? (index.descending ? 'descending' : 'ascending') : 'none');
    this.row.setAttribute('aria-rowindex', String(row + 2));
    this.cell.setAttribute('aria-colindex', String(column + 1));
    this.cell.setAttribute('aria-selected', 'true');
    this.cell.textContent = cell === undefined ? '' : shown(cell).text;
    this.say(place(source, row, column, cell));
  }

  dispose(): void {
    clearTimeout(this.timer);
  }

  private say(text: string): void {
    if (text !== this.text) {
      this.text = text;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        this.node.textContent = text;
      }, REST);
    }
  }

  private text = '';
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly mirror = document.createElement('div');
  private readonly header = document.createElement('div');
  private readonly title = document.createElement('span');
  private readonly row = document.createElement('div');
  private readonly cell = document.createElement('span');
}
