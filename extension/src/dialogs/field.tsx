import * as React from 'react';

export interface ControlProps {
  id: string;
  'aria-describedby'?: string;
  'aria-invalid'?: true;
}

interface Props {
  label: string;
  help?: React.ReactNode;
  /** What is wrong with what it holds. */
  wrong?: string | null;
  children: (props: ControlProps) => React.ReactNode;
}

/** A label, its control, a line of help and what is wrong with it, tied together for assistive technology. */
export function Field({ label, help, wrong = null, children }: Props): React.ReactElement {
  const id = React.useId();
  const described = [help === undefined ? null : `${id}-help`, wrong === null ? null : `${id}-wrong`]
    .filter(each => each !== null)
    .join(' ');
  return (
    <div className="dbaas-Field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        ...(described !== '' && { 'aria-describedby': described }),
        ...(wrong !== null && { 'aria-invalid': true as const })
      })}
      {wrong !== null && (
        <small id={`${id}-wrong`} className="dbaas-mod-problem">
          {wrong}
        </small>
      )}
      {help !== undefined && <small id={`${id}-help`}>{help}</small>}
    </div>
  );
}

interface TextProps extends ControlProps {
  value: string;
  onText: (text: string) => void;
  placeholder?: string;
  type?: 'text' | 'number';
}

/** A line to type in, that no browser corrects or completes. */
export function TextInput({ value, onText, type = 'text', ...rest }: TextProps): React.ReactElement {
  return (
    <input
      {...rest}
      className="jp-mod-styled"
      type={type}
      autoComplete="off"
      spellCheck={false}
      value={value}
      onChange={event => {
        onText(event.target.value);
      }}
    />
  );
}
