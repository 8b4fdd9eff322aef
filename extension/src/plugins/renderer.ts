import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IThemeManager } from '@jupyterlab/apputils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { PanelLayout, Widget } from '@lumino/widgets';

const RESULT = 'application/vnd.dbaas.result+json';
/** Marks the buttons that turn the pages of a result where nobody has a grid for it. */
const PAGER = 'application/vnd.dbaas.pager+json';
/** Before HTML, and before Jupyter's widgets, which these bundles also hold. */
const RANK = -20;

export const renderer: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-dbaas/lab:renderer',
  description: 'Shows results of statements in outputs as a grid.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [IThemeManager],
  activate: (app: JupyterFrontEnd, rendermime: IRenderMimeRegistry, themes: IThemeManager | null) => {
    rendermime.addFactory(
      {
        // Untrusted outputs as well: what is shown of them is text, and nothing is run.
        safe: true,
        mimeTypes: [RESULT],
        createRenderer: () =>
          new Output(async ({ data, trusted }) => {
            const { rendered } = await import('../renderer/index.js');
            return rendered({ app, themes, rendermime }, data[RESULT], trusted);
          })
      },
      RANK
    );
    rendermime.addFactory({ safe: true, mimeTypes: [PAGER], createRenderer: () => new Nothing() }, RANK);
  }
};

/** An output whose picture is loaded when there is one to show. */
class Output extends Widget implements IRenderMime.IRenderer {
  constructor(private readonly make: (model: IRenderMime.IMimeModel) => Promise<Widget | null>) {
    super();
    this.layout = new PanelLayout();
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const made = (await this.make(model)) ?? plainly(model);
    if (this.isDisposed) {
      made.dispose();
      return;
    }
    const layout = this.layout as PanelLayout;
    for (const before of [...layout.widgets]) {
      before.dispose();
    }
    layout.addWidget(made);
  }
}

/** The text that every result has. */
function plainly({ data }: IRenderMime.IMimeModel): Widget {
  const text = data['text/plain'];
  const node = document.createElement('pre');
  node.textContent = typeof text === 'string' ? text : 'This output cannot be shown.';
  return new Widget({ node });
}

class Nothing extends Widget implements IRenderMime.IRenderer {
  renderModel(): Promise<void> {
    return Promise.resolve();
  }

  protected override onAfterAttach(): void {
    const child = this.node.closest<HTMLElement>('.jp-OutputArea-child');
    if (child) {
      child.style.display = 'none';
    }
  }
}
