import * as React from 'react';

interface Props {
  /** What is asked, for who hears it. */
  name: string;
  /** What follows from it. */
  sentence: string;
  yes: string;
  onYes: () => void;
  onNo: () => void;
}

/** A question in a row's place, before something that is not easily undone. */
export function Asked({ name, sentence, yes, onYes, onNo }: Props): React.ReactElement {
  return (
    <span className="dbaas-Key-question" role="group" aria-label={name}>
      <small>{sentence}</small>
      <button type="button" className="dbaas-Button dbaas-mod-warn" autoFocus onClick={onYes}>
        {yes}
      </button>
      <button type="button" className="dbaas-Button dbaas-mod-quiet" onClick={onNo}>
        Keep
      </button>
    </span>
  );
}
