/** From a form's JSON Schema to what is drawn and sent: pure. */

import type { FieldSchema, FormSchema } from '../api/nouns.js';

export type Value = string | boolean;
export type FormValues = Record<string, Value>;

export interface Choice {
  value: string;
  label: string;
}

export interface FieldSpec {
  name: string;
  label: string;
  help: string | null;
  kind: 'text' | 'number' | 'switch' | 'choice';
  choices: Choice[];
  required: boolean;
  schema: FieldSchema;
}

/** The fields in the order in which the schema names them. */
export function fieldsOf({ properties, required = [] }: FormSchema): FieldSpec[] {
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    label: schema.title ?? name,
    help: schema.description ?? null,
    kind: kindOf(schema),
    choices: (schema.enum ?? []).map((value, index) => ({
      value: String(value),
      label: schema.enumNames?.[index] ?? String(value)
    })),
    required: required.includes(name),
    schema
  }));
}

function kindOf({ type, enum: choices }: FieldSchema): FieldSpec['kind'] {
  if (choices !== undefined) {
    return 'choice';
  }
  if (type === 'boolean') {
    return 'switch';
  }
  return type === 'integer' || type === 'number' ? 'number' : 'text';
}

/** What a field holds before anybody touched it. */
export function initialValue({ kind, schema, choices }: FieldSpec): Value {
  if (kind === 'switch') {
    return schema.default === true;
  }
  if (typeof schema.default === 'string' || typeof schema.default === 'number') {
    return String(schema.default);
  }
  return kind === 'choice' ? (choices[0]?.value ?? '') : '';
}

/** What is wrong with a field's value, as a sentence; null when nothing is. The server looks again. */
export function wrongWith(field: FieldSpec, value: Value): string | null {
  const { kind, label, required, schema } = field;
  if (typeof value === 'boolean') {
    return null;
  }
  const text = value.trim();
  if (text === '') {
    return required ? `${label} is missing.` : null;
  }
  if (kind === 'number') {
    return wrongNumber(label, Number(text), schema);
  }
  const { maxLength, pattern, not } = schema;
  if (maxLength !== undefined && Array.from(text).length > maxLength) {
    return `${label} is longer than ${maxLength} characters.`;
  }
  if (not?.enum?.includes(text)) {
    return `“${text}” is a reserved name.`;
  }
  return pattern !== undefined && !matches(text, pattern)
    ? `${label} holds a character that it may not.`
    : null;
}

function wrongNumber(label: string, value: number, { type, minimum, maximum }: FieldSchema): string | null {
  if (!Number.isFinite(value) || (type === 'integer' && !Number.isInteger(value))) {
    return `${label} must be a ${type === 'integer' ? 'whole number' : 'number'}.`;
  }
  if (minimum !== undefined && value < minimum) {
    return `${label} must be at least ${minimum}.`;
  }
  return maximum !== undefined && value > maximum ? `${label} must be at most ${maximum}.` : null;
}

/** A pattern that this language cannot read is for the server to judge. */
function matches(text: string, pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(text);
  } catch {
    return true;
  }
}

/** The body's fields: of the schema's types, what was left empty left out. */
export function bodyOf(fields: readonly FieldSpec[], values: FormValues): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const field of fields) {
    const value = values[field.name] ?? initialValue(field);
    if (typeof value === 'boolean') {
      body[field.name] = value;
    } else if (value.trim() !== '') {
      body[field.name] = typed(field, value.trim());
    }
  }
  return body;
}

function typed({ kind, schema, choices }: FieldSpec, text: string): unknown {
  if (kind === 'choice') {
    return schema.enum?.[choices.findIndex(choice => choice.value === text)] ?? text;
  }
  return kind === 'number' ? Number(text) : text;
}
