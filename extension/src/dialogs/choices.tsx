import * as React from 'react';

export interface Choice {
  value: string;
  label: string;
  help?: string;
}

interface Props {
  label: string;
  choices: readonly Choice[];
  value: string;
  set: (value: string) => void;
  help?: string | null;
  wrong?: string | null;
}

/** A few choices, all on view. */
export function Choices({
  label,
  choices,
  value,
  set,
  help = null,
  wrong = null
}: Props): React.ReactElement {
  const group = React.useId();
  return (
    <fieldset className="dbaas-Field" aria-describedby={help === null ? undefined : `${group}-help`}>
      <legend>{label}</legend>
      {choices.map(choice => (
        <label key={choice.value} className="dbaas-Choice">
          <input
            type="radio"
            name={group}
            checked={value === choice.value}
            onChange={() => {
              set(choice.value);
            }}
          />
          <span>{choice.label}</span>
          {choice.help !== undefined && <small>{choice.help}</small>}
        </label>
      ))}
      {wrong !== null && <small className="dbaas-mod-problem">{wrong}</small>}
      {help !== null && <small id={`${group}-help`}>{help}</small>}
    </fieldset>
  );
}
