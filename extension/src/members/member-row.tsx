import * as React from 'react';

import type { Member } from '../api/members.js';
import type { Right } from '../api/nouns.js';
import { moment } from '../sidebar/words.js';
import { Asked } from './asked.js';
import { RIGHTS, RightSelect } from './rights.js';

interface Props {
  member: Member;
  /** Whether it is who asks. */
  own: boolean;
  /** Whether who asks may change it. */
  changes: boolean;
  onRight: (right: Right) => Promise<void>;
  onRemove: () => Promise<void>;
}

type Question = { kind: 'right'; right: Right } | { kind: 'remove' };

/** A person and what they may do. Removing asks again, and so does what one would take from oneself. */
export function MemberRow({ member, own, changes, onRight, onRemove }: Props): React.ReactElement {
  const { person, right, added_by, created_at } = member;
  const [question, setQuestion] = React.useState<Question | null>(null);
  return (
    <li className="dbaas-Key" aria-label={person}>
      <span className="dbaas-Key-about">
        <strong>
          <bdi>{person}</bdi>
          {own && ' (you)'}
        </strong>
        <small>
          Added {moment(created_at)} by <bdi>{added_by}</bdi>
        </small>
      </span>
      {question ? (
        <Asked
          name={question.kind === 'remove' ? `Remove ${person}?` : `Change your own right?`}
          sentence={consequence(question, own)}
          yes={question.kind === 'remove' ? (own ? 'Leave' : 'Remove') : 'Change'}
          onYes={() => {
            setQuestion(null);
            void (question.kind === 'remove' ? onRemove() : onRight(question.right));
          }}
          onNo={() => {
            setQuestion(null);
          }}
        />
      ) : (
        <span className="dbaas-Key-question">
          {changes ? (
            <RightSelect
              aria-label={`Right of ${person}`}
              value={right}
              set={chosen => {
                if (own) {
                  setQuestion({ kind: 'right', right: chosen });
                } else {
                  void onRight(chosen);
                }
              }}
            />
          ) : (
            <span>{RIGHTS[right]}</span>
          )}
          {(changes || own) && (
            <button
              type="button"
              className="dbaas-Button dbaas-mod-quiet"
              aria-label={own ? 'Leave' : `Remove ${person}`}
              onClick={() => {
                setQuestion({ kind: 'remove' });
              }}
            >
              {own ? 'Leave…' : 'Remove…'}
            </button>
          )}
        </span>
      )}
    </li>
  );
}

function consequence(question: Question, own: boolean): string {
  if (!own) {
    return 'They are refused at once.';
  }
  return question.kind === 'remove'
    ? 'You can no longer see this tenant. Somebody else has to let you in again.'
    : 'You can no longer manage members. Somebody else has to give the right back.';
}
