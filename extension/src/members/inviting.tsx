import * as React from 'react';

import type { CreatedInvitation, Invitation } from '../api/members.js';
import type { Right } from '../api/nouns.js';
import { Field, TextInput } from '../dialogs/field.js';
import { Secret } from '../dialogs/secret.js';
import { moment } from '../sidebar/words.js';
import { Asked } from './asked.js';
import { RIGHTS, RIGHTS_HELP, RightSelect } from './rights.js';

interface Props {
  pending: readonly Invitation[];
  /** The last one, while its token is known. */
  made: CreatedInvitation | null;
  onInvite: (name: string, right: Right) => Promise<boolean>;
  onRevoke: (invitation: Invitation) => Promise<void>;
}

/** Invitations that nobody redeemed yet, and a new one. */
export function Inviting({ pending, made, onInvite, onRevoke }: Props): React.ReactElement {
  const [name, setName] = React.useState('');
  const [right, setRight] = React.useState<Right>('view');
  const [wrong, setWrong] = React.useState<string | null>(null);
  const invite = async (): Promise<void> => {
    if (name.trim() === '') {
      setWrong('Say who it is for.');
    } else if (await onInvite(name.trim(), right)) {
      setName('');
    }
  };
  return (
    <>
      {pending.length > 0 && (
        <ul aria-label="Invitations">
          {pending.map(invitation => (
            <InvitationRow
              key={invitation.id}
              invitation={invitation}
              fresh={invitation.id === made?.id}
              onRevoke={() => onRevoke(invitation)}
            />
          ))}
        </ul>
      )}
      {made && (
        <div role="status">
          <Secret
            key={made.id}
            label="Invitation token"
            value={made.token}
            help={
              <>
                For <bdi>{made.name}</bdi>. It is not shown again, and holds until {moment(made.expires_at)}.
                It is redeemed in a notebook by <code>%dbaas members redeem token</code>, or in a terminal by{' '}
                <code>dbaas members redeem -</code>.
              </>
            }
          />
        </div>
      )}
      <form
        className="dbaas-Invite"
        aria-label="Invite somebody"
        onSubmit={event => {
          event.preventDefault();
          void invite();
        }}
      >
        <Field label="Invite" wrong={wrong}>
          {control => (
            <TextInput
              {...control}
              value={name}
              placeholder="Ada Lovelace"
              onText={text => {
                setName(text);
                setWrong(null);
              }}
            />
          )}
        </Field>
        <Field label="Right">{control => <RightSelect {...control} value={right} set={setRight} />}</Field>
        <button type="submit" className="dbaas-Button">
          Invite
        </button>
        <small>{RIGHTS_HELP}</small>
      </form>
    </>
  );
}

interface RowProps {
  invitation: Invitation;
  fresh: boolean;
  onRevoke: () => Promise<void>;
}

function InvitationRow({ invitation, fresh, onRevoke }: RowProps): React.ReactElement {
  const [asking, setAsking] = React.useState(false);
  const { name, right, expires_at } = invitation;
  return (
    <li className={`dbaas-Key ${fresh ? 'dbaas-mod-fresh' : ''}`} aria-label={`Invitation of ${name}`}>
      <span className="dbaas-Key-about">
        <strong>
          <bdi>{name}</bdi>
        </strong>
        <small>
          Invited to {RIGHTS[right].toLowerCase()}, until {moment(expires_at)}
        </small>
      </span>
      {asking ? (
        <Asked
          name={`Revoke the invitation of ${name}?`}
          sentence="Its token lets nobody in any more."
          yes="Revoke"
          onYes={() => {
            setAsking(false);
            void onRevoke();
          }}
          onNo={() => {
            setAsking(false);
          }}
        />
      ) : (
        <button
          type="button"
          className="dbaas-Button dbaas-mod-quiet"
          aria-label={`Revoke the invitation of ${name}`}
          onClick={() => {
            setAsking(true);
          }}
        >
          Revoke…
        </button>
      )}
    </li>
  );
}
