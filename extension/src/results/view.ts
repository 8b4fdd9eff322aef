/** A result as a person works with it: its toolbar, and the grid. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IThemeManager } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { BoxLayout, Widget } from '@lumino/widgets';

import { ResultGrid } from './grid.js';
import type { RowSource } from './source.js';

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
    this.grid = new ResultGrid(thrown => {
      console.warn(thrown);
    });
    const layout = new BoxLayout({ spacing: 0 });
    layout.addWidget(this.grid);
    this.layout = layout;
    this.grid.present(options.source);
    options.themes?.themeChanged.connect(this.restyle);
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.options.themes?.themeChanged.disconnect(this.restyle);
      super.dispose();
      this.options.source.dispose();
    }
  }

  private readonly restyle = (): void => {
    this.grid.restyle();
  };

  private readonly grid: ResultGrid;
}
