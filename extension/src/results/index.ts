/**
 * Results of statements: a grid over any number of rows.
 *
 * 1. Rows are fetched as they are looked at; order, choice and counting are the engine's.
 * 2. What is drawn went through `shown/`, and what is pages of text stays text.
 * 3. Everything that takes long can be ended, and says how far it is.
 */

export { createResults } from './view.js';
export type { ResultsOptions } from './view.js';
export { EngineSource } from './engine.js';
export { StaticSource } from './static.js';
export type { Cell, Condition, ResultColumn, RowSource, Sort } from './source.js';
