/** An overview's figures as they are written: pure. */

import type { Overview } from '../../api/overview.js';
import { bytes, count, exact } from '../../sidebar/format.js';

export interface Figure {
  term: string;
  value: string;
  /** Beside the value, smaller: of how many. */
  of?: string;
  tooltip?: string;
}

/** What nobody knows is a dash. */
const UNKNOWN = '–';

export function figuresOf(overview: Overview): Figure[] {
  const { connections, transactions, requests_per_second: requests, cache_hit_ratio: hits } = overview;
  return [
    { term: 'Size', value: overview.size_bytes === null ? UNKNOWN : bytes(overview.size_bytes) },
    {
      term: 'Connections',
      value: connections === null ? UNKNOWN : exact(connections.used),
      ...(connections === null ? {} : { of: `of ${exact(connections.max)}` })
    },
    {
      term: 'Requests',
      value: requests === null ? UNKNOWN : rate(requests),
      ...(requests === null ? {} : { of: 'per second' })
    },
    {
      term: 'Cache hits',
      value: hits === null ? UNKNOWN : percent(hits),
      tooltip: 'Pages that were in memory already when a query needed them'
    },
    {
      term: 'Transactions',
      value: transactions === null ? UNKNOWN : count(transactions.committed),
      ...(transactions === null || transactions.rolled_back === 0
        ? {}
        : { of: `${count(transactions.rolled_back)} rolled back` })
    },
    { term: 'Tables', value: overview.tables === null ? UNKNOWN : exact(overview.tables.count) }
  ];
}

function rate(perSecond: number): string {
  return perSecond > 0 && perSecond < 9.95 ? perSecond.toFixed(1) : count(perSecond);
}

/** Never rounded up to all of them: the difference between 99.9 % and 100 % is what one looks for. */
export function percent(ratio: number): string {
  const tenths = Math.floor(ratio * 1000) / 10;
  return `${tenths === 100 ? '100' : tenths.toFixed(1)} %`;
}
