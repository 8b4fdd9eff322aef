/** A result as a person works with it: its toolbar, filters, the grid, and beside it a value or a chart. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { ReactWidget } from '@jupyterlab/apputils';
import type { IThemeManager } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { MessageLoop } from '@lumino/messaging';
import type { Message } from '@lumino/messaging';
import { PanelLayout, SplitPanel, Widget } from '@lumino/widgets';
import * as React from 'react';

import '../../style/results.css';
import { Actions } from './actions.js';
import { Desk } from './desk.js';
import { FilterBar } from './filterbar.js';
import { ResultGrid } from './grid.js';
import { GridKeys } from './keys.js';
import { GridMouse } from './mouse.js';
import { Side } from './side.js';
import type { RowSource } from './source.js';
import { Spoken } from './spoken.js';
import { Toolbar } from './toolbar.js';
import { Trouble } from './trouble.js';

export interface ResultsOptions {
  /** Disposed of with the widget. */
  source: RowSource;
  /** The statement behind it, for opening it elsewhere. */
  run?: { tenant: string; database: string; text: string };
  app: JupyterFrontEnd;
  /** Without it there are no charts. */
  rendermime: IRenderMimeRegistry | null;
  themes: IThemeManager | null;
}

export function createResults(options: ResultsOptions): Widget {
  return new ResultsView(options);
}

class ResultsView extends Widget {
  constructor(private readonly options: ResultsOptions) {
    super();
    this.addClass('dbaas-Results');
    this.desk = new Desk(options.source);
    this.grid = new ResultGrid(thrown => {
      this.desk.fail(thrown, () => {
        this.desk.update({ problem: null });
        this.grid.rows?.pages.retry();
      });
    });
    this.filters = new FilterBar(this.desk, this.grid);
    this.spoken = new Spoken(this.grid);
    this.actions = new Actions(this.desk, this.grid, this.filters, options);
    this.side = new Side(this.desk, this.grid, this.actions, options.rendermime, options.themes);
    this.grid.keyHandler = new GridKeys(this.actions);
    this.grid.mouseHandler = new GridMouse(this.actions);
    this.grid.painted = () => {
      this.filters.place();
      this.spoken.update();
      this.side.follow();
    };
    this.layout = this.arranged();
    this.desk.subscribe(() => {
      this.refresh();
    });
    this.present(options.source);
    this.refresh();
    options.themes?.themeChanged.connect(this.restyle);
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.options.themes?.themeChanged.disconnect(this.restyle);
      this.sizes?.disconnect();
      this.spoken.dispose();
      super.dispose();
      this.desk.dispose();
    }
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.grid.activate();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    // A notebook that is opened attaches its outputs in steps: what the split asked for before is dropped, and the
    // side would keep the room that it takes when it is shown.
    this.split.fit();
  }

  private arranged(): PanelLayout {
    const { actions, desk, split } = this;
    const bar = ReactWidget.create(
      React.createElement(Toolbar, {
        desk,
        copyEntries: () => actions.copyEntries(),
        exportEntries: () => actions.exportEntries(),
        frameEntries: actions.opensFrames ? () => actions.frameEntries() : null,
        charts: this.options.rendermime !== null,
        onFilter: () => {
          actions.toggleFilters();
        },
        onSide: side => {
          actions.toggleSide(side);
        },
        onJump: row => {
          void actions.goTo(row);
        },
        jumping: actions.jumping
      })
    );
    const trouble = ReactWidget.create(React.createElement(Trouble, { desk }));
    split.addClass('dbaas-Results-split');
    const layout = new PanelLayout();
    for (const widget of [bar, trouble, new Widget({ node: this.filters.node }), split]) {
      layout.addWidget(widget);
    }
    split.addWidget(this.grid);
    split.addWidget(this.side);
    this.node.append(this.spoken.node);
    // What stands above it comes and goes, and the page then gives it another height without telling.
    this.sizes = new ResizeObserver(() => {
      MessageLoop.sendMessage(split, Widget.ResizeMessage.UnknownSize);
    });
    this.sizes.observe(split.node);
    return layout;
  }

  private present(source: RowSource): void {
    this.shown = source;
    this.grid.present(source);
    this.grid.selectionModel?.changed.connect(() => {
      this.spoken.update();
      this.side.follow();
    });
  }

  private refresh(): void {
    const { source, filtering } = this.desk.view;
    if (source !== this.shown) {
      this.present(source);
      this.filters.read();
    }
    if (this.filters.node.hidden === filtering) {
      this.filters.node.hidden = !filtering;
      this.filters.place();
    }
    this.side.refresh();
  }

  private readonly restyle = (): void => {
    this.grid.restyle();
  };

  private shown: RowSource | null = null;
  private sizes: ResizeObserver | null = null;
  private readonly split = new SplitPanel({ orientation: 'horizontal', spacing: 1 });
  private readonly desk: Desk;
  private readonly grid: ResultGrid;
  private readonly filters: FilterBar;
  private readonly spoken: Spoken;
  private readonly actions: Actions;
  private readonly side: Side;
}
