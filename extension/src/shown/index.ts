/**
 * Values as a person sees them, wherever text of a database is drawn or shown.
 *
 * 1. Pure: text in, text out. Nothing here knows a page.
 * 2. What would act instead of being seen (controls, bidirectional overrides, halves of characters) is written out.
 * 3. Nothing, empty text and the word "null" are three different things.
 */

export { beginning, pieces } from './text.js';
export type { Piece } from './text.js';
export { asText, lengthOf, shown } from './value.js';
export type { Shown } from './value.js';
export { visible } from './visible.js';
