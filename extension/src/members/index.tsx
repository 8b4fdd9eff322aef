/** Who may do what with a tenant, and what they did. */

import { Dialog } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Client } from '../api/client.js';
import { asApiError } from '../api/errors.js';
import * as api from '../api/members.js';
import type { CreatedInvitation, Invitation, Member } from '../api/members.js';
import type { Tenant } from '../api/nouns.js';
import { may } from '../api/rights.js';
import { Activity } from './activity.js';
import { Inviting } from './inviting.js';
import { MemberRow } from './member-row.js';
import { Tabs } from './tabs.js';

import '../../style/members.css';

interface Known {
  members: readonly Member[];
  pending: readonly Invitation[];
}

/**
 * Shows a tenant's members; resolves when the dialog is closed.
 *
 * @param person who asks.
 * @throws ApiError when the platform does not say who they are.
 */
export async function showMembers(client: Client, tenant: Tenant, person: string | null): Promise<void> {
  const known = await look(client, tenant);
  const members = <Members {...{ client, tenant, person, known }} />;
  const dialog = new MembersDialog({
    title: `Members of ${tenant.name}`,
    body: ReactWidget.create(
      may(tenant, 'own') ? (
        <Tabs
          label="About the tenant"
          tabs={[
            ['Members', members],
            ['Activity', <Activity key="activity" client={client} tenant={tenant.subdomain} />]
          ]}
        />
      ) : (
        members
      )
    ),
    buttons: [Dialog.cancelButton({ label: 'Close' })],
    focusNodeSelector: '[role="tab"]'
  });
  dialog.addClass('dbaas-Dialog');
  dialog.addClass('dbaas-mod-wide');
  await dialog.launch();
}

class MembersDialog extends Dialog<unknown> {
  /** Enter in a form sends that form, and does not close the dialog. */
  override handleEvent(event: Event): void {
    const sends =
      event instanceof KeyboardEvent &&
      event.key === 'Enter' &&
      event.target instanceof Element &&
      event.target.closest('form') !== null;
    if (!sends) {
      super.handleEvent(event);
    }
  }
}

async function look(client: Client, tenant: Tenant): Promise<Known> {
  const [members, pending] = await Promise.all([
    api.members(client.send, tenant.subdomain),
    may(tenant, 'administer') ? api.invitations(client.send, tenant.subdomain) : []
  ]);
  return { members, pending };
}

interface Props {
  client: Client;
  tenant: Tenant;
  person: string | null;
  known: Known;
}

function Members({ client, tenant, person, known }: Props): React.ReactElement {
  const [{ members, pending }, setKnown] = React.useState(known);
  const [made, setMade] = React.useState<CreatedInvitation | null>(null);
  const [problem, setProblem] = React.useState<string | null>(null);
  const { send } = client;
  const of = tenant.subdomain;
  const administers = may(tenant, 'administer');

  /** Does it, says what went wrong, and shows what is there then; tells whether it was done. */
  const doing = async (act: () => Promise<unknown>): Promise<boolean> => {
    setProblem(null);
    let done = false;
    try {
      await act();
      done = true;
      setKnown(await look(client, tenant));
    } catch (thrown) {
      const { message, hint } = asApiError(thrown);
      setProblem([message, hint].filter(Boolean).join(' '));
    }
    return done;
  };
  return (
    <div className="dbaas-Form dbaas-Keys">
      {members.length === 0 ? (
        <p>No members yet. Whoever runs the platform looks after it.</p>
      ) : (
        <ul aria-label="Members">
          {members.map(member => (
            <MemberRow
              key={member.person}
              member={member}
              own={member.person === person}
              changes={administers}
              onRight={async right => {
                await doing(() => api.giveRight(send, of, member.person, right));
              }}
              onRemove={async () => {
                await doing(() => api.removeMember(send, of, member.person));
              }}
            />
          ))}
        </ul>
      )}
      {administers && (
        <Inviting
          pending={pending}
          made={made}
          onInvite={(name, right) =>
            doing(async () => {
              setMade(await api.invite(send, of, name, right));
            })
          }
          onRevoke={async ({ id }) => {
            await doing(async () => {
              await api.revokeInvitation(send, of, id);
              setMade(last => (last?.id === id ? null : last));
            });
          }}
        />
      )}
      <div role="alert">{problem !== null && <p className="dbaas-mod-problem">{problem}</p>}</div>
    </div>
  );
}
