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
  const response = await answerOf(send, to, initOf(method, body, signal && { signal }));
  if (response.status === 204) {
    return undefined as T;
  }
  return (await jsonOf(response, signal)) as T;
}

/** What a response holds. Rejects with an `ApiError`. */
export async function jsonOf(response: Response, signal?: AbortSignal): Promise<unknown> {
  try {
    return await response.json();
  } catch (thrown) {
    if (signal?.aborted === true || thrown instanceof TypeError) {
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

/** A response that tells of success. Rejects as `call` does. */
export async function answerOf(send: Send, to: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await send(to, init);
  } catch (thrown) {
    throw asApiError(thrown);
  }
  if (!response.ok) {
    throw await errorFrom(response);
  }
  return response;
}

/** A request with a body of JSON, or with none. */
export function initOf(method: string, body?: object, more: RequestInit = {}): RequestInit {
  return { method, ...more, ...(body !== undefined && { body: JSON.stringify(body) }) };
}
