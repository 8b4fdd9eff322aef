/** Below the text: a field for every parameter of the query. */

import * as React from 'react';

import { useSignal } from '../dashboard/use.js';
import { visible } from '../shown/index.js';
import type { Desk } from './desk.js';
import { parameterOf } from './desk.js';
import { KINDS } from './parameters.js';
import type { Kind } from './parameters.js';

export function Fields({ desk }: { desk: Desk }): React.ReactElement | null {
  const view = useSignal(desk.changed, () => desk.view);
  const form = React.useRef<HTMLFormElement>(null);
  React.useEffect(() => {
    if (view.wanting > 0) {
      form.current?.querySelector('input')?.focus();
    }
  }, [view.wanting]);
  return (
    <div className="dbaas-Fields">
      {view.names.length > 0 && (
        <form
          ref={form}
          className="dbaas-Parameters"
          aria-label="Parameters"
          onSubmit={event => {
            event.preventDefault();
            void desk.run();
          }}
          onKeyDown={event => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
              event.preventDefault();
              void desk.run(event.shiftKey);
            }
          }}
        >
          {view.names.map(name => (
            <Field key={name} name={name} desk={desk} />
          ))}
          {/* Enter in a field runs the statement. */}
          <input type="submit" hidden />
        </form>
      )}
      {view.problem !== null && (
        <p className="dbaas-Problem" role="alert">
          {visible(view.problem)}
        </p>
      )}
    </div>
  );
}

function Field({ name, desk }: { name: string; desk: Desk }): React.ReactElement {
  const id = React.useId();
  const parameter = parameterOf(desk.view, name);
  return (
    <span className="dbaas-Parameter">
      <label htmlFor={id}>:{visible(name)}</label>
      <input
        id={id}
        value={parameter.kind === 'null' ? '' : parameter.text}
        placeholder={parameter.kind === 'null' ? 'null' : ''}
        disabled={parameter.kind === 'null'}
        inputMode={parameter.kind === 'number' ? 'decimal' : 'text'}
        spellCheck={false}
        autoComplete="off"
        onChange={event => {
          desk.enter(name, { ...parameter, text: event.target.value });
        }}
      />
      <select
        aria-label={`What :${name} is`}
        value={parameter.kind}
        onChange={event => {
          desk.enter(name, { ...parameter, kind: event.target.value as Kind });
        }}
      >
        {KINDS.map(kind => (
          <option key={kind} value={kind}>
            {kind}
          </option>
        ))}
      </select>
    </span>
  );
}
