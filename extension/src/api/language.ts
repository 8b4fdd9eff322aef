/** What the server knows of the text in an editor. Positions are UTF-16 code units, as in JavaScript. */

import { call, path } from './call.js';
import type { Send } from './client.js';

export interface CompletionItem {
  /** Shown. */
  label: string;
  /** Inserted: quoted where that is needed. */
  insert: string;
  kind: string;
  /** Short: a type, where it comes from. */
  detail: string | null;
  info: string | null;
}

export interface Completions {
  from: number;
  to: number;
  /** Best first. */
  items: CompletionItem[];
  /** Whether there are more than were asked for. */
  incomplete: boolean;
}

export interface Hover {
  from: number;
  to: number;
  kind: string;
  title: string;
  detail: string | null;
  lines: string[];
}

export interface Change {
  from: number;
  to: number;
  insert: string;
}

export interface Fix {
  label: string;
  changes: Change[];
}

export interface Diagnostic {
  from: number;
  to: number;
  severity: 'error' | 'warning' | 'info';
  code: string;
  message: string;
  hint: string | null;
  fixes: Fix[];
}

export interface Statement {
  from: number;
  to: number;
  /** Whether it only reads: it can be paged then, and run again. */
  reads: boolean;
  /** The names of its `:name`s. */
  parameters: string[];
}

/** Every method rejects with an `ApiError`, and with nothing else. */
export class Language {
  constructor(
    private readonly send: Send,
    private readonly tenant: string,
    private readonly database: string
  ) {}

  complete(text: string, position: number, signal: AbortSignal): Promise<Completions> {
    return this.ask('complete', { text, position }, signal);
  }

  async hover(text: string, position: number): Promise<Hover | null> {
    return (await this.ask<{ hover: Hover | null }>('hover', { text, position })).hover;
  }

  async diagnose(text: string, signal?: AbortSignal): Promise<Diagnostic[]> {
    return (await this.ask<{ diagnostics: Diagnostic[] }>('diagnose', { text }, signal)).diagnostics;
  }

  /** What to replace, and by what. Rejects with `not_formattable` where the text cannot be read. */
  format(
    text: string,
    range?: { from: number; to: number }
  ): Promise<{ from: number; to: number; text: string }> {
    return this.ask('format', { text, ...range });
  }

  async statements(text: string, signal?: AbortSignal): Promise<Statement[]> {
    return (await this.ask<{ statements: Statement[] }>('statements', { text }, signal)).statements;
  }

  private ask<T>(what: string, body: object, signal?: AbortSignal): Promise<T> {
    return call(
      this.send,
      'POST',
      path(this.tenant, 'databases', this.database, 'editor', what),
      body,
      signal
    );
  }
}
