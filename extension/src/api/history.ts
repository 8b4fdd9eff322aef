/** What a person ran on a database, kept by the platform. */

import { call, path } from './call.js';
import type { Send } from './client.js';

export interface HistoryEntry {
  id: string | number;
  text: string;
  /** ISO 8601. */
  at: string;
  duration_ms: number | null;
  rows: number | null;
  /** What went wrong; null when nothing did. */
  error: string | null;
}

export interface HistoryPage {
  /** Newest first. */
  entries: HistoryEntry[];
  more: boolean;
}

/** Every method rejects with an `ApiError`, and with nothing else. */
export class History {
  constructor(
    private readonly send: Send,
    tenant: string,
    database: string
  ) {
    this.path = path(tenant, 'databases', database, 'editor', 'history');
  }

  /** @param before an entry's id: what is older than it. */
  find(search: string, before: HistoryEntry['id'] | null, signal?: AbortSignal): Promise<HistoryPage> {
    const query = new URLSearchParams({ limit: '50' });
    if (search !== '') {
      query.set('search', search);
    }
    if (before !== null) {
      query.set('before', String(before));
    }
    return call(this.send, 'GET', `${this.path}?${query.toString()}`, undefined, signal);
  }

  async forget(id: HistoryEntry['id']): Promise<void> {
    await call(this.send, 'DELETE', `${this.path}/${encodeURIComponent(String(id))}`);
  }

  async forgetAll(): Promise<void> {
    await call(this.send, 'DELETE', this.path);
  }

  private readonly path: string;
}
