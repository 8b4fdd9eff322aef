/** One request to the platform and its answer. */

import type { Send } from './client.js';
import { ApiError, asApiError, errorFrom } from './errors.js';

/** `path('acme', 'databases', 'shop')` → `/v1/acme/databases/shop`, each part escaped. */
export function path(...parts: string[]): string {
  return ['', 'v1', ...parts].map(encodeURIComponent).join('/');
}

/**
 * Sends a request; what it answered, or undefined where it answered with nothing.
 *
 * Rejects with an `ApiError`, and with nothing else: an aborted request is one as well, so ask the signal.
 */
export async function call<T>(
  send: Send,
  method: string,
  to: string,
  body?: object,
  signal?: AbortSignal
): Promise<T> {
  const init: RequestInit = { method };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
  }
  if (signal !== undefined) {
    init.signal = signal;
  }
  let response: Response;
  try {
    response = await send(to, init);
  } catch (thrown) {
    throw asApiError(thrown);
  }
  if (!response.ok) {
    throw await errorFrom(response);
  }
  if (response.status === 204) {
    return undefined as T;
  }
  try {
    return (await response.json()) as T;
  } catch (thrown) {
    if (signal?.aborted === true) {
      throw asApiError(thrown);
    }
    // Jupyter answers a signed-out request with its login page.
    throw new ApiError(
      'refused',
      'The server did not answer with data.',
      'Reload the page and sign in again.'
    );
  }
}
