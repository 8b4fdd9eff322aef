/** What the panel asks a person. */

export { changePlan } from './change-plan.js';
export { createDatabase } from './database.js';
export { dropDatabase, dropTenant } from './drop.js';
export { showKeys } from './keys.js';
export { showMade } from './made.js';
export { createTenant } from './tenant.js';
