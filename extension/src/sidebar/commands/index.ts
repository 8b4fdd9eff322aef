/** What can be done to a row, from its context menu, the keyboard or a button. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Menu } from '@lumino/widgets';

import type { Model } from '../model.js';
import { Context } from './context.js';
import { addCopying } from './copy.js';
import { addCreating } from './create.js';
import { addMenus } from './menu.js';
import { addOpening } from './open.js';
import { addPlanning } from './plan.js';
import { addRemoving } from './remove.js';

export interface Doing {
  /** Runs one of `COMMANDS` on the model's active row. */
  run: (command: string) => void;
  /** The active row's snippets, to choose from. */
  snippets: Menu;
}

/** Registers the commands and the context menu. */
export function addCommands(app: JupyterFrontEnd, model: Model): Doing {
  const context = new Context(app, model);
  addCreating(context);
  addPlanning(context);
  addOpening(context);
  addCopying(context);
  addRemoving(context);
  return {
    run: command => {
      // Keys come here for every row, whatever may be done to it.
      if (app.commands.isEnabled(command)) {
        void app.commands.execute(command);
      }
    },
    snippets: addMenus(context)
  };
}
