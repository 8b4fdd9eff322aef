/** How GraphiQL's subscriptions travel: `graphql-transport-ws`, at the same address as its other questions. */

import type { Fetcher } from '@graphiql/toolkit';
import { OperationTypeNode, getOperationAST } from 'graphql';
import type { DocumentNode, ExecutionResult } from 'graphql';
import { createClient } from 'graphql-ws';

import type { Credentials } from './fetcher.js';

type Question = Parameters<Fetcher>[0];

/** Whether it is a subscription that a document is asked to run. */
export function streams(document: DocumentNode | undefined, operation: string | null | undefined): boolean {
  return (
    document !== undefined &&
    getOperationAST(document, operation)?.operation === OperationTypeNode.SUBSCRIPTION
  );
}

/** The address that speaks WebSocket, seen from the page at `base`. */
export function socketUrl(url: string, base: string): string {
  const found = new URL(url, base);
  found.protocol = found.protocol.replace('http', 'ws');
  return found.href;
}

/**
 * The results of a subscription, on a connection of its own, which is closed with it.
 *
 * It does not connect again by itself: what happened meanwhile would be missing unseen.
 */
export function streamed(
  url: string,
  question: Question,
  credentials: Credentials
): AsyncIterableIterator<object> {
  const client = createClient({
    url: socketUrl(url, window.location.href),
    connectionParams: credentials,
    retryAttempts: 0
  });
  const results = client.iterate({
    query: question.query,
    operationName: question.operationName ?? null,
    variables: question.variables as Record<string, unknown> | null
  }) as AsyncIterableIterator<ExecutionResult>;
  const end = (): IteratorReturnResult<undefined> => {
    void client.dispose();
    return { value: undefined, done: true };
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        const result = await results.next();
        return result.done === true ? end() : result;
      } catch (error) {
        return { value: { errors: errorsOf(error) }, done: false };
      }
    },
    async return() {
      await results.return?.();
      return end();
    }
  };
}

/** What ended a stream, as GraphQL's errors: the server's own, or that the connection was closed. */
export function errorsOf(error: unknown): object[] {
  if (Array.isArray(error)) {
    return error as object[];
  }
  const { code, reason, message } = (error ?? {}) as { code?: number; reason?: string; message?: string };
  if (code !== undefined) {
    return [{ message: `The connection was closed: ${reason ?? ''} (${code}).`.replace(':  (', ' (') }];
  }
  return [{ message: message ?? 'The connection failed.' }];
}
