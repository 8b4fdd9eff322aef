/** Copying, and saying how that, or something else, went. */

import { Clipboard, Notification } from '@jupyterlab/apputils';

import { asApiError } from '../api/errors.js';

/** Copies what a promise brings, and says so. */
export async function copying(what: string, bring: () => Promise<string>): Promise<void> {
  try {
    await copy(await bring());
    Notification.success(`${what} copied.`, { autoClose: 2000 });
  } catch (thrown) {
    tellProblem(thrown);
  }
}

/** Says what went wrong, and what to do about it. */
export function tellProblem(thrown: unknown): void {
  const problem = asApiError(thrown);
  Notification.error([problem.message, problem.hint].filter(Boolean).join(' '), { autoClose: 8000 });
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Only pages from a secure origin have that clipboard, and the browser may refuse it.
    Clipboard.copyToSystem(text);
  }
}
