/** A dialog for long work that goes on when the dialog is closed. */

import { showForm } from '../dialogs/form.js';
import type { FormOptions } from '../dialogs/form.js';
import type { Tell } from '../api/told.js';
import type { Begun, Works } from './works.js';

export interface Asking<Values, Made> extends Omit<FormOptions<Values, Made>, 'submit' | 'left'> {
  /** What the work is called while it goes on. */
  work: (values: Values) => string;
  run: (values: Values, tell: Tell) => Promise<Made>;
  /** @param watched whether the person waited for it in the dialog. */
  done: (made: Made, watched: boolean) => void | Promise<void>;
}

/** Shows the dialog; resolves when it is closed, whatever is still under way. */
export async function ask<Values, Made>(works: Works, asking: Asking<Values, Made>): Promise<void> {
  const { work, run, done, ...form } = asking;
  let going: Begun<Made> | null = null;
  const made = await showForm<Values, { it: Made }>({
    ...form,
    submit: async (values, tell) => {
      going = works.begin(work(values), further => run(values, further), tell);
      return { it: await going.outcome };
    },
    left: () => {
      going?.leave();
      void going?.outcome.then(
        it => done(it, false),
        () => {
          // The panel says how it failed.
        }
      );
    }
  });
  if (made) {
    await done(made.it, true);
  }
}
