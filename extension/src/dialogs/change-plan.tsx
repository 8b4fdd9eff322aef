import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Client } from '../api/client.js';
import type { ChangedTenant, Database, Plan, Tenant } from '../api/nouns.js';
import { Field } from './field.js';
import { showForm } from './form.js';
import type { FieldsProps } from './form.js';
import { ownLimits, planSentence, tooSmall } from './plan.js';

interface Values {
  plan: string;
}

/**
 * Asks for another plan and puts the tenant on it; null if the person gave up.
 *
 * @param databases all of the tenant's, as far as they are known.
 * @throws ApiError when the platform does not say which plans there are: to who is no operator.
 */
export async function changePlan(
  client: Client,
  tenant: Tenant,
  databases: readonly Database[]
): Promise<ChangedTenant | null> {
  const plans = await client.plans();
  return showForm<Values, ChangedTenant>({
    title: `Plan of ${tenant.name}`,
    accept: 'Change',
    working: 'Changing the plan…',
    initial: { plan: tenant.plan_type },
    check: ({ plan }) =>
      plan === tenant.plan_type ? { message: 'It has that plan.', hint: null, field: 'plan' } : null,
    blames: { plan_not_found: 'plan' },
    submit: ({ plan }) => client.changePlan(tenant.subdomain, plan),
    fields: props => <PlanFields {...props} plans={plans} tenant={tenant} databases={databases} />
  });
}

interface Props extends FieldsProps<Values> {
  plans: readonly Plan[];
  tenant: Tenant;
  databases: readonly Database[];
}

function PlanFields({ values, set, wrong, plans, tenant, databases }: Props): React.ReactElement {
  const chosen = plans.find(({ name }) => name === values.plan);
  const own = ownLimits(
    tenant,
    plans.find(({ name }) => name === tenant.plan_type)
  );
  const small = chosen ? tooSmall(chosen, databases) : null;
  return (
    <>
      <Field label="Plan" help="It holds at once, and ends nobody’s connection." wrong={wrong('plan')}>
        {control => (
          <HTMLSelect
            {...control}
            value={values.plan}
            onChange={event => {
              set({ plan: event.target.value });
            }}
          >
            {plans.map(({ name }) => (
              <option key={name} value={name}>
                {name === tenant.plan_type ? `${name} (now)` : name}
              </option>
            ))}
          </HTMLSelect>
        )}
      </Field>
      {chosen && (
        <div className="dbaas-Cost" role="note" aria-live="polite" aria-label="What it gives">
          <p>{planSentence(chosen)}</p>
          {small !== null && <p className="dbaas-mod-problem">{small}</p>}
          {own !== null && <p>{own}</p>}
        </div>
      )}
    </>
  );
}
