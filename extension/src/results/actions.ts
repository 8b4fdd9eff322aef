/** What can be done with a result, from its toolbar, its menus, the keyboard and the mouse. */

import type { CopyFormat } from './copying.js';
import { copyArea, copyText } from './copying.js';
import type { Desk } from './desk.js';
import type { FilterBar } from './filterbar.js';
import { COPY_FORMATS } from './formats.js';
import type { ResultGrid } from './grid.js';
import { move } from './keys.js';
import type { KeyActions } from './keys.js';
import { openMenu } from './menus.js';
import type { Entry } from './menus.js';
import type { MouseActions } from './mouse.js';
import { clicked } from './ordering.js';
import { areaOf } from './selection.js';
import type { Area } from './selection.js';
import { bytes } from './sentences.js';
import { shown } from '../shown/index.js';
import type { ResultsOptions } from './view.js';

const OPEN_FRAME = 'dbaas:open-frame';

const EXPORTS: Readonly<Record<string, string>> = {
  csv: 'CSV',
  json: 'JSON',
  ndjson: 'JSON, one row a line',
  parquet: 'Parquet',
  arrow: 'Arrow',
  xlsx: 'Excel',
  markdown: 'Markdown',
  inserts: 'INSERT statements'
};

export class Actions implements KeyActions, MouseActions {
  constructor(
    private readonly desk: Desk,
    private readonly grid: ResultGrid,
    private readonly filters: FilterBar,
    private readonly options: Pick<ResultsOptions, 'app' | 'run' | 'rendermime'>
  ) {}

  get opensFrames(): boolean {
    return this.options.run !== undefined && this.options.app.commands.hasCommand(OPEN_FRAME);
  }

  readonly copy = (): void => {
    this.copyAs('tsv');
  };

  readonly copyText = (text: string): void => {
    void copyText(this.desk, text);
  };

  readonly jump = (): void => {
    this.askWhere?.();
  };

  /** Takes what puts the keyboard where one says which row to go to. */
  readonly jumping = (ask: () => void): void => {
    this.askWhere = ask;
  };

  readonly open = (): void => {
    this.toggleSide('value');
  };

  readonly close = (): void => {
    if (this.desk.view.side === null) {
      this.grid.selectionModel?.clear();
    } else {
      this.desk.update({ side: null });
    }
  };

  readonly filter = (): void => {
    this.desk.update({ filtering: true });
    this.filters.focus(Math.max(this.column, 0));
  };

  readonly menu = (x?: number, y?: number): void => {
    const { left, top } = this.grid.node.getBoundingClientRect();
    const place = this.grid.placeOf(Math.max(this.row, 0), Math.max(this.column, 0));
    openMenu(this.cellEntries(), x ?? left + place.x, y ?? top + place.y);
  };

  readonly end = (extend: boolean): void => {
    void this.goTo(Infinity, extend);
  };

  readonly sort = (column: number, add: boolean): void => {
    const { sort, where } = this.desk.asked;
    void this.desk.arrange(clicked(sort, column, add), where);
  };

  readonly widen = (column: number): void => {
    this.grid.widen(column);
  };

  toggleFilters(): void {
    if (this.desk.view.filtering) {
      this.desk.update({ filtering: false });
      this.grid.activate();
    } else {
      this.filter();
    }
  }

  toggleSide(side: 'value' | 'chart'): void {
    this.desk.update({ side: this.desk.view.side === side ? null : side });
  }

  /** Puts the cursor on a row, and fetches what it takes to know that it is there; on the last for `Infinity`. */
  async goTo(row: number, extend = false): Promise<void> {
    const { total, known, source } = this.desk.view;
    const last = total ?? (source.pageable ? await this.desk.count() : known);
    const wanted = row === Infinity ? (last === null ? null : last - 1) : row;
    const found = wanted === null ? null : await this.desk.reach(wanted);
    if (found !== null && found >= 0) {
      move(
        this.grid,
        found,
        row === Infinity ? this.grid.columnCount('body') - 1 : Math.max(this.column, 0),
        extend
      );
      this.grid.activate();
    }
  }

  copyEntries(): Entry[] {
    return Object.entries(COPY_FORMATS).map(([format, label]) => ({
      label,
      run: () => {
        this.copyAs(format as CopyFormat);
      }
    }));
  }

  exportEntries(): Entry[] {
    return this.desk.view.source.formats.map(format => ({
      label: EXPORTS[format] ?? format,
      run: () => {
        void this.export(format);
      }
    }));
  }

  frameEntries(): Entry[] {
    const open = (where: 'current' | 'new') => (): void => {
      void this.options.app.commands.execute(OPEN_FRAME, { ...this.options.run, where });
    };
    return [
      { label: 'In the current notebook', run: open('current') },
      { label: 'In a new notebook', run: open('new') }
    ];
  }

  private cellEntries(): Entry[] {
    const { source } = this.desk.view;
    const column = Math.max(this.column, 0);
    const name = shown(source.columns[column]?.name ?? '', 40).text;
    const sorted = source.sort.find(one => one.column === column);
    const sorting = (label: string, descending: boolean): Entry => ({
      label,
      checked: sorted?.descending === descending,
      run: () => {
        void this.desk.arrange([{ column, descending }], this.desk.asked.where);
      }
    });
    return [
      { label: 'Copy', run: this.copy },
      { label: 'Copy as', entries: this.copyEntries() },
      { label: 'Show the whole value', run: this.open },
      null,
      sorting(`Sort by ${name}, ascending`, false),
      sorting(`Sort by ${name}, descending`, true),
      {
        label: 'Sort as the statement does',
        run: () => {
          void this.desk.arrange([], this.desk.asked.where);
        }
      },
      null,
      { label: `Filter ${name}…`, run: this.filter },
      {
        label: 'Clear all filters',
        run: () => {
          void this.desk.arrange(this.desk.asked.sort, []);
        }
      }
    ];
  }

  private copyAs(format: CopyFormat): void {
    const model = this.grid.rows;
    if (model) {
      void copyArea(this.desk, model.pages, this.area(), format);
    }
  }

  /** What is selected; everything when nothing is. */
  private area(): Area {
    const [rows, columns] = [this.desk.view.total ?? this.desk.view.known, this.grid.columnCount('body')];
    const selections = [...(this.grid.selectionModel?.selections() ?? [])];
    const all = { r1: 0, c1: 0, r2: rows - 1, c2: columns - 1 };
    return areaOf(selections.length > 0 ? selections : [all], rows, columns);
  }

  private async export(format: string): Promise<void> {
    const { source } = this.desk.view;
    const name = EXPORTS[format] ?? format;
    let size = 0;
    const doing = (): string => `Exporting as ${name}… ${size > 0 ? bytes(size) : ''}`.trim();
    const controller = new AbortController();
    const done = await this.desk.during(doing, controller, async told => {
      await source.export(
        format,
        came => {
          size = came;
          told();
        },
        controller.signal
      );
    });
    if (done) {
      this.desk.update({ note: `Exported as ${name}${size > 0 ? `, ${bytes(size)}` : ''}.` });
    }
  }

  private get row(): number {
    return this.grid.selectionModel?.cursorRow ?? -1;
  }

  private get column(): number {
    return this.grid.selectionModel?.cursorColumn ?? -1;
  }

  private askWhere: (() => void) | null = null;
}
