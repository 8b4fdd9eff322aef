/** Opens a statement's rows as a DataFrame in a notebook. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { NotebookActions } from '@jupyterlab/notebook';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';

import { frameCell, freeName, LOAD, loads } from './cells.js';
import type { Wanted } from './cells.js';

/**
 * Puts a cell below the active one of the current notebook, or into a new notebook, and runs it.
 *
 * @param tracker null where JupyterLab has no notebooks.
 * @throws Error with a sentence, where there is no kernel for it.
 */
export async function openFrame(
  app: JupyterFrontEnd,
  tracker: INotebookTracker | null,
  wanted: Wanted,
  where: 'current' | 'new'
): Promise<void> {
  const python = pythonKernels(app);
  const current = where === 'current' ? (tracker?.currentWidget ?? null) : null;
  await current?.sessionContext.ready;
  const kernel = current?.sessionContext.session?.kernel ?? null;
  if (current && kernel && python.includes(kernel.name)) {
    const written = sources(current);
    const cells = [frameCell(wanted, freeName(written))];
    if (loads(written)) {
      // The cell may not have been run by this kernel; where it was, loading again does nothing.
      await kernel.requestExecute({ code: LOAD, silent: true, store_history: false }).done;
    } else {
      cells.unshift(LOAD);
    }
    app.shell.activateById(current.id);
    await insertAndRun(current, current.content.activeCellIndex + 1, cells);
    return;
  }
  const [kernelName] = python;
  if (kernelName === undefined) {
    throw new Error('There is no Python kernel to open a DataFrame in.');
  }
  const made = (await app.commands.execute('notebook:create-new', { kernelName })) as NotebookPanel;
  await made.context.ready;
  await made.sessionContext.ready;
  const first = made.content.model?.cells.length ?? 0;
  await insertAndRun(made, first, [LOAD, frameCell(wanted, 'df')]);
  // A new notebook begins with an empty cell.
  if (first === 1 && made.content.model?.cells.get(0).sharedModel.getSource() === '') {
    made.content.model.sharedModel.deleteCell(0);
  }
}

/** Kernels of Python, the default one first. */
function pythonKernels(app: JupyterFrontEnd): string[] {
  const specs = app.serviceManager.kernelspecs.specs;
  const names = Object.values(specs?.kernelspecs ?? {}).flatMap(spec =>
    spec?.language === 'python' ? [spec.name] : []
  );
  return names.sort((one, other) => Number(other === specs?.default) - Number(one === specs?.default));
}

function sources({ content }: NotebookPanel): string[] {
  return [...(content.model?.cells ?? [])].map(cell => cell.sharedModel.getSource());
}

async function insertAndRun(panel: NotebookPanel, at: number, cells: readonly string[]): Promise<void> {
  const { content, sessionContext } = panel;
  content.model?.sharedModel.insertCells(
    at,
    cells.map(source => ({ cell_type: 'code', source, metadata: { trusted: true } }))
  );
  content.activeCellIndex = at + cells.length - 1;
  content.deselectAll();
  await NotebookActions.runCells(content, content.widgets.slice(at, at + cells.length), sessionContext);
}
