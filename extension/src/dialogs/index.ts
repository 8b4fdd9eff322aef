/** What the panel asks a person. */

export { createDatabase } from './database.js';
export { createTenant } from './tenant.js';
