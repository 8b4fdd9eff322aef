/** Long work that tells what it is doing, line by line, until the last line has the outcome. */

import { answerOf, initOf, jsonOf } from './call.js';
import type { Send } from './client.js';
import { ApiError, asApiError, errorOf } from './errors.js';
import type { Step } from './nouns.js';
import { jsonLines } from './stream.js';

/** Is given each step as it begins, and how far it is. */
export type Tell = (step: Step) => void;

const NDJSON = 'application/x-ndjson';

/**
 * Has something done; resolves with what the last line calls `outcome`. Rejects with an `ApiError`.
 *
 * The server ends the work and takes it back when the page goes away.
 */
export async function told<T>(
  send: Send,
  to: string,
  body: object,
  outcome: string,
  tell: Tell = () => {}
): Promise<T> {
  const headers = { Accept: `${NDJSON}, application/json` };
  const response = await answerOf(send, to, initOf('POST', body, { headers }));
  try {
    if (!response.headers.get('content-type')?.startsWith(NDJSON)) {
      return (await jsonOf(response)) as T;
    }
    for await (const line of jsonLines(response)) {
      const said = line as Step & Record<string, unknown>;
      if (said[outcome] !== undefined) {
        return said[outcome] as T;
      }
      if (said['error'] !== undefined) {
        throw errorOf(said['error'], response.status);
      }
      tell(said);
    }
  } catch (thrown) {
    throw asApiError(thrown);
  }
  throw new ApiError(
    'offline',
    'The connection was lost while this was being done.',
    'Look what is there before you try again.'
  );
}
