/** Who may do what with a tenant: pure. */

import type { Right, Tenant } from './nouns.js';

const ORDER: readonly Right[] = ['view', 'own', 'administer'];

/** Whether the person's right on a tenant is at least `needed`. */
export function may({ right }: Pick<Tenant, 'right'>, needed: Right): boolean {
  return ORDER.indexOf(right) >= ORDER.indexOf(needed);
}
