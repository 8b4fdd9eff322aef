/** How often to ask: quickly while things move, seldom while they do not, ever more seldom while nobody answers. */

export type Outcome = 'changed' | 'same' | 'failed';

/** Milliseconds between two looks. */
export const QUICK = 2000;
const CALM = 10_000;
const PATIENT = 30_000;

/** Looking in vain takes at most this share of the time: ten thousand tables take a while to list. */
const SHARE = 0.1;

/** The delay after a look, from the delay before it and what the look took, all in milliseconds. */
export function nextDelay(previous: number, outcome: Outcome, took = 0): number {
  const usual = usualDelay(previous, outcome);
  return outcome === 'same' ? Math.max(usual, Math.min(took / SHARE, PATIENT)) : usual;
}

function usualDelay(previous: number, outcome: Outcome): number {
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

/** Does all of it, so many at a time; what each gave, in order. Rejects with the first that does. */
export async function atMost<T, R>(
  limit: number,
  items: readonly T[],
  one: (item: T) => Promise<R>
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      results[index] = await one(items[index] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return results;
}
