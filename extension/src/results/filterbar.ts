/** A field above each column in view, in which one says which rows are wanted. */

import type { Desk } from './desk.js';
import { conditionOf, hint, typedFor } from './filters.js';
import type { ResultGrid } from './grid.js';
import { shown } from '../shown/index.js';
import type { Condition } from './source.js';

export class FilterBar {
  readonly node = document.createElement('div');

  constructor(
    private readonly desk: Desk,
    private readonly grid: ResultGrid
  ) {
    this.node.className = 'dbaas-Filters';
    this.node.setAttribute('role', 'group');
    this.node.setAttribute('aria-label', 'Filters');
    this.strip.className = 'dbaas-Filters-strip';
    this.node.append(this.strip);
    this.read();
  }

  /** Puts a field above each column in view, as wide as it. */
  place(): void {
    if (this.node.hidden) {
      return;
    }
    const view = this.grid.currentViewport;
    if (!view) {
      return;
    }
    this.strip.style.left = `${this.grid.headerWidth}px`;
    for (const [column, field] of this.fields) {
      const seen = column >= view.firstColumn && column <= view.lastColumn;
      if (!seen && field !== document.activeElement) {
        field.remove();
        this.fields.delete(column);
      }
    }
    for (let column = Math.max(view.firstColumn, 0); column <= view.lastColumn; column += 1) {
      const field = this.fields.get(column) ?? this.add(column);
      field.style.left = `${this.grid.columnOffset('body', column) - this.grid.scrollX}px`;
      field.style.width = `${this.grid.columnSize('body', column)}px`;
    }
  }

  /** Puts the keyboard into a column's field. */
  focus(column: number): void {
    this.grid.scrollToColumn(column);
    this.place();
    (this.fields.get(column) ?? this.fields.values().next().value)?.select();
  }

  /** Takes over the conditions that hold, from wherever they were made. */
  read(): void {
    this.typed.clear();
    for (const condition of this.desk.view.source.where) {
      this.typed.set(condition.column, typedFor(condition, this.type(condition.column)));
    }
    for (const [column, field] of this.fields) {
      // What is being typed stays.
      if (field !== document.activeElement) {
        field.value = this.typed.get(column) ?? '';
        mark(field, false);
      }
    }
  }

  private add(column: number): HTMLInputElement {
    const field = document.createElement('input');
    const { name, type } = this.desk.view.source.columns[column] ?? { name: '', type: '' };
    field.className = 'dbaas-Filters-field';
    field.type = 'text';
    field.spellcheck = false;
    field.autocomplete = 'off';
    field.placeholder = hint(type);
    field.value = this.typed.get(column) ?? '';
    field.setAttribute('aria-label', `Filter ${shown(name, 100).text}`);
    field.addEventListener('change', () => {
      void this.apply(column, field);
    });
    field.addEventListener('keydown', event => {
      this.key(column, field, event);
    });
    this.strip.append(field);
    this.fields.set(column, field);
    return field;
  }

  private key(column: number, field: HTMLInputElement, event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      field.value = this.typed.get(column) ?? '';
      mark(field, false);
      this.grid.activate();
    } else if (event.key === 'ArrowDown') {
      this.grid.activate();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private async apply(column: number, field: HTMLInputElement): Promise<void> {
    const { sort, where: before } = this.desk.asked;
    const condition = conditionOf(column, this.type(column), field.value);
    const others = before.filter(one => one.column !== column);
    const where: Condition[] = condition ? [...others, condition] : others;
    const accepted = await this.desk.arrange(sort, where);
    if (accepted) {
      this.typed.set(column, field.value);
    }
    mark(field, !accepted);
  }

  private type(column: number): string {
    return this.desk.view.source.columns[column]?.type ?? '';
  }

  private readonly strip = document.createElement('div');
  private readonly fields = new Map<number, HTMLInputElement>();
  private readonly typed = new Map<number, string>();
}

function mark(field: HTMLInputElement, wrong: boolean): void {
  field.setAttribute('aria-invalid', String(wrong));
  field.classList.toggle('dbaas-mod-on', field.value !== '' && !wrong);
}
