import { Dialog } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { CreatedDatabase } from '../api/nouns.js';
import { Secret } from './secret.js';

/**
 * Shows a new database's connection string.
 *
 * @param opens whether there is something to open it with.
 * @returns whether the person wants to.
 */
export async function showMade(made: CreatedDatabase, opens: boolean): Promise<boolean> {
  const dialog = new Dialog({
    title: `${made.name} is ready`,
    body: ReactWidget.create(
      <div className="dbaas-Form">
        <Secret
          label="Connection string"
          value={made.connection_string}
          help="With the owner’s password. It can be copied again from the database’s menu."
        />
      </div>
    ),
    buttons: [
      Dialog.cancelButton({ label: 'Close' }),
      ...(opens ? [Dialog.okButton({ label: 'Open' })] : [])
    ],
    focusNodeSelector: '.dbaas-Secret button'
  });
  dialog.addClass('dbaas-Dialog');
  const { button } = await dialog.launch();
  return button.accept;
}
