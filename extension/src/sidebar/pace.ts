/** How often to ask: quickly while things move, seldom while they do not, ever more seldom while nobody answers. */

export type Outcome = 'changed' | 'same' | 'failed';

/** Milliseconds between two looks. */
export const QUICK = 2000;
const CALM = 10_000;
const PATIENT = 30_000;

/** The delay after a look, from the delay before it. */
export function nextDelay(previous: number, outcome: Outcome): number {
  switch (outcome) {
    case 'changed':
      return QUICK;
    case 'same':
      // One that had waited longer was failing: it is back.
      return previous > CALM ? QUICK : Math.min(previous * 1.25, CALM);
    case 'failed':
      return Math.min(previous * 1.6, PATIENT);
  }
}
