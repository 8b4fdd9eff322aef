/** Errors as the panel tells them apart: by what a person can do about them. */

/**
 * - `offline`: no answer at all; trying again may help.
 * - `missing`: Jupyter answers, our server extension does not.
 * - `unavailable`: the platform behind it does not answer, or not now.
 * - `refused`: signed out, or not allowed.
 * - `failed`: everything else; the message says what.
 */
export type Kind = 'offline' | 'missing' | 'unavailable' | 'refused' | 'failed';

export class ApiError extends Error {
  constructor(
    readonly kind: Kind,
    message: string,
    readonly hint: string | null = null,
    readonly code: string | null = null,
    /** Where in the text that was sent, in UTF-16 code units; null where no place is to blame. */
    readonly position: number | null = null
  ) {
    super(message);
    this.name = 'ApiError';
  }

  /** Whether the same request may succeed later without anybody doing anything. */
  get passing(): boolean {
    return this.kind === 'offline' || this.kind === 'unavailable';
  }
}

/** The error that an unsuccessful response tells about. Never throws. */
export async function errorFrom(response: Response): Promise<ApiError> {
  return errorOf(await bodyOf(response), response.status, response.statusText);
}

/** The error that a body tells about, wherever it came. Never throws. */
export function errorOf(body: unknown, status: number, statusText = ''): ApiError {
  const told = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const message = text(told['message']) ?? `The server answered ${status} ${statusText}.`;
  const code = text(told['code']);
  const position = typeof told['position'] === 'number' ? told['position'] : null;
  return new ApiError(kindOf(status, code), message, text(told['hint']), code, position);
}

/** What was thrown, as an `ApiError`: a request that got no answer fails with a `TypeError`. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) {
    return thrown;
  }
  if (thrown instanceof TypeError) {
    return new ApiError('offline', 'The connection to the Jupyter server was lost.');
  }
  return new ApiError('failed', thrown instanceof Error ? thrown.message : String(thrown));
}

function kindOf(status: number, code: string | null): Kind {
  if (status === 401 || status === 403) {
    return 'refused';
  }
  // Our server gives every error a code; Jupyter's own "not found" has none.
  if (status === 404 && code === null) {
    return 'missing';
  }
  return status === 502 || status === 503 || status === 504 ? 'unavailable' : 'failed';
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return null;
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
