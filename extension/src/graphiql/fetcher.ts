/** How GraphiQL's questions travel: over HTTP, subscriptions over WebSocket, to our own server and nobody else. */

import type { Fetcher } from '@graphiql/toolkit';

import { streamed, streams } from './streams.js';

/** What opens the door, asked for anew with each request. */
export type Credentials = () => Promise<Record<string, string>>;

const MEDIA = 'application/graphql-response+json, application/json;q=0.9';

/** A fetcher that asks at `url`. What the person wrote into the headers editor wins over `credentials`. */
export function fetcherFor(url: string, credentials: Credentials): Fetcher {
  return async (question, options) => {
    if (streams(options?.documentAST, question.operationName)) {
      return streamed(url, question, async () => ({ ...(await credentials()), ...options?.headers }));
    }
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: MEDIA,
        ...(await credentials()),
        ...options?.headers
      },
      body: JSON.stringify(question)
    });
    return answerOf(await response.text(), `${response.status} ${response.statusText}`.trim());
  };
}

/** The JSON of an answer; what is none, such as a proxy's error page, as a GraphQL error that says so. */
export function answerOf(text: string, status: string): object {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null) {
      return answer;
    }
  } catch {
    // Told below.
  }
  return { errors: [{ message: `The server answered ${status}, and not with JSON.` }] };
}
