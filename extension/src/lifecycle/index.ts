/** What the panel asks about a database's dumps, copies and last dumps. */

export { askBranch } from './branch.js';
export { askRestoreOfAny, showDumps } from './dumps.js';
export { askUndrop } from './undrop.js';
