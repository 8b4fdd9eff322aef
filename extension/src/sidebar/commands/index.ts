/** What can be done to a row, from its context menu, the keyboard or a button. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Menu } from '@lumino/widgets';

import type { Works } from '../../lifecycle/works.js';
import type { Model } from '../model.js';
import { Context } from './context.js';
import { addCopying } from './copy.js';
import { addCreating } from './create.js';
import { addLifecycle } from './lifecycle.js';
import { addMenus } from './menu.js';
import { addOpening } from './open.js';
import { addPlanning } from './plan.js';
import { addRemoving } from './remove.js';

/** Some take more than the active row. */
export type Run = (command: string, args?: Record<string, string>) => void;

export interface Doing {
  /** Runs one of `COMMANDS` on the model's active row. */
  run: Run;
  /** The active row's snippets, to choose from. */
  snippets: Menu;
}

/** Registers the commands and the context menu. */
export function addCommands(app: JupyterFrontEnd, model: Model, works: Works): Doing {
  const context = new Context(app, model, works);
  addCreating(context);
  addPlanning(context);
  addOpening(context);
  addCopying(context);
  addLifecycle(context);
  addRemoving(context);
  return {
    run: (command, args) => {
      // Keys come here for every row, whatever may be done to it.
      if (app.commands.isEnabled(command, args)) {
        void app.commands.execute(command, args);
      }
    },
    snippets: addMenus(context)
  };
}
