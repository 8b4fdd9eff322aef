import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { IEditorExtensionRegistry, IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { watching } from '../notebook/watch.js';

export const notebook: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-dbaas/lab:notebook',
  description: 'Colours statements in cells; opens results as DataFrames.',
  autoStart: true,
  optional: [IEditorExtensionRegistry, IEditorLanguageRegistry, INotebookTracker],
  activate: (
    app: JupyterFrontEnd,
    extensions: IEditorExtensionRegistry | null,
    languages: IEditorLanguageRegistry | null,
    tracker: INotebookTracker | null
  ) => {
    if (languages) {
      const colours = watching(async () => (await import('../notebook/index.js')).coloursFrom(languages));
      extensions?.addExtension({
        name: 'dbaas-statements',
        factory: () => ({ instance: () => colours, reconfigure: () => null })
      });
    }
    app.commands.addCommand('dbaas:open-frame', {
      label: 'Open as DataFrame',
      describedBy: {
        args: {
          type: 'object',
          required: ['tenant', 'database', 'text'],
          properties: {
            tenant: { type: 'string', description: "The tenant's name in URLs" },
            database: { type: 'string' },
            text: { type: 'string', description: 'The statement whose rows are wanted' },
            where: { type: 'string', enum: ['current', 'new'], description: 'Which notebook' }
          }
        }
      },
      execute: async args => {
        const { openFrame } = await import('../notebook/index.js');
        try {
          await openFrame(app, tracker, wantedOf(args), args['where'] === 'new' ? 'new' : 'current');
        } catch (thrown) {
          Notification.error(thrown instanceof Error ? thrown.message : String(thrown));
        }
      }
    });
  }
};

function wantedOf(args: ReadonlyPartialJSONObject): { tenant: string; database: string; text: string } {
  const { tenant, database, text } = args;
  if (typeof tenant !== 'string' || typeof database !== 'string' || typeof text !== 'string') {
    throw new TypeError('Opening a DataFrame takes a tenant, a database and a statement.');
  }
  return { tenant, database, text };
}
