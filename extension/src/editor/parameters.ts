/** Values for the `:name`s of a statement, as a person types them: pure. */

import { isRecord } from './documents.js';

export const KINDS = ['text', 'number', 'null'] as const;

export type Kind = (typeof KINDS)[number];

export interface Parameter {
  kind: Kind;
  /** As typed; kept while the kind is null. */
  text: string;
}

/** By name. */
export type Parameters = Readonly<Record<string, Parameter>>;

export const UNTOUCHED: Parameter = { kind: 'text', text: '' };

export class WrongParameter extends Error {
  constructor(readonly parameter: string) {
    super(`The value of :${parameter} is not a number.`);
  }
}

/**
 * What is sent for these names.
 *
 * A number travels as one only if JavaScript can hold it exactly; otherwise as its digits, which the engine reads.
 *
 * @throws WrongParameter where a number is none.
 */
export function valuesOf(
  names: readonly string[],
  entered: Parameters
): Record<string, string | number | null> {
  return Object.fromEntries(
    [...new Set(names)].map(name => {
      const { kind, text } = own(entered, name);
      if (kind === 'null') {
        return [name, null];
      }
      if (kind === 'text') {
        return [name, text];
      }
      const digits = text.trim();
      if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(digits)) {
        throw new WrongParameter(name);
      }
      const value = Number(digits);
      return [name, String(value) === digits ? value : digits];
    })
  );
}

/** A name may be one that every object has, such as `constructor`. */
export function own(entered: Parameters, name: string): Parameter {
  return Object.hasOwn(entered, name) ? (entered[name] ?? UNTOUCHED) : UNTOUCHED;
}

/** What was saved may be from another version, or from somebody's hands. */
export function parametersFrom(saved: unknown): Parameters {
  if (!isRecord(saved)) {
    return {};
  }
  const kinds: readonly unknown[] = KINDS;
  return Object.fromEntries(
    Object.entries(saved).filter(
      (entry): entry is [string, Parameter] =>
        isRecord(entry[1]) && kinds.includes(entry[1]['kind']) && typeof entry[1]['text'] === 'string'
    )
  );
}
