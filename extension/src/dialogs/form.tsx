/** A dialog that stays open until the server has taken what it asks for. */

import { Dialog, ReactWidget } from '@jupyterlab/apputils';
import { Signal } from '@lumino/signaling';
import * as React from 'react';

import { asApiError } from '../api/errors.js';
import type { ApiError } from '../api/errors.js';

const CANCEL = 0;
const ACCEPT = 1;

export interface FormOptions<Values, Made> {
  title: string;
  /** On the button that accepts: a verb. */
  accept: string;
  /** Beside the spinner while the server works. */
  working: string;
  initial: Values;
  /** What is wrong before anything is sent; null when nothing is. */
  check: (values: Values) => string | null;
  submit: (values: Values) => Promise<Made>;
  fields: React.FC<{ values: Values; set: (change: Partial<Values>) => void }>;
}

/** Shows the dialog; what the server made, or null if the person gave up. */
export async function showForm<Values, Made>(options: FormOptions<Values, Made>): Promise<Made | null> {
  const form = new Form(options);
  await new FormDialog(form, options).launch();
  return form.made;
}

class FormDialog<Values, Made> extends Dialog<unknown> {
  constructor(
    private readonly form: Form<Values, Made>,
    options: FormOptions<Values, Made>
  ) {
    super({
      title: options.title,
      body: form,
      buttons: [Dialog.cancelButton(), Dialog.okButton({ label: options.accept })],
      defaultButton: ACCEPT,
      focusNodeSelector: 'input'
    });
    this.addClass('dbaas-Dialog');
  }

  /** Accepting submits; the dialog closes once that succeeded. */
  override resolve(index: number = ACCEPT): void {
    if (index === CANCEL) {
      super.resolve(index);
      return;
    }
    if (this.form.busy) {
      return;
    }
    // Not disabled meanwhile: that would take the focus away, and Escape with it.
    void this.form.submit().then(done => {
      if (done) {
        super.resolve(index);
      }
    });
  }
}

class Form<Values, Made> extends ReactWidget {
  constructor(private readonly options: FormOptions<Values, Made>) {
    super();
    this.values = options.initial;
  }

  /** What the server made; null until it did. */
  made: Made | null = null;
  busy = false;

  /** Takes over what the person typed; what was said about the values before is over. */
  change(change: Partial<Values>): void {
    this.values = { ...this.values, ...change };
    this.tell(null, this.busy);
  }

  /** Sends the form; tells whether the server took it. */
  async submit(): Promise<boolean> {
    const wrong = this.options.check(this.values);
    if (wrong !== null) {
      this.tell({ message: wrong, hint: null }, false);
      return false;
    }
    this.tell(null, true);
    try {
      this.made = await this.options.submit(this.values);
      this.tell(null, false);
      return true;
    } catch (thrown) {
      this.tell(asApiError(thrown), false);
      return false;
    }
  }

  protected override render(): React.ReactElement {
    return <FormBody form={this} options={this.options} />;
  }

  private tell(problem: Pick<ApiError, 'message' | 'hint'> | null, busy: boolean): void {
    this.problem = problem;
    this.busy = busy;
    this.changed.emit();
  }

  values: Values;
  problem: Pick<ApiError, 'message' | 'hint'> | null = null;
  readonly changed = new Signal<this, void>(this);
}

function FormBody<Values, Made>({
  form,
  options
}: {
  form: Form<Values, Made>;
  options: FormOptions<Values, Made>;
}): React.ReactElement {
  const [, redraw] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    form.changed.connect(redraw);
    return () => {
      form.changed.disconnect(redraw);
    };
  }, [form]);
  const Fields = options.fields;
  return (
    <div className="dbaas-Form">
      <Fields
        values={form.values}
        set={change => {
          form.change(change);
        }}
      />
      <div className="dbaas-Form-answer" role="alert">
        {form.problem && (
          <p className="dbaas-mod-problem">
            {form.problem.message}
            {form.problem.hint !== null && <span> {form.problem.hint}</span>}
          </p>
        )}
        {form.busy && (
          <p className="dbaas-mod-working">
            <span className="dbaas-Spinner" aria-hidden="true" />
            {options.working}
          </p>
        )}
      </div>
    </div>
  );
}

/** A label, its control and a line of help, tied together for assistive technology. */
export function Field({
  label,
  help,
  children
}: {
  label: string;
  help?: string;
  children: (ids: { id: string; 'aria-describedby'?: string }) => React.ReactNode;
}): React.ReactElement {
  const id = React.useId();
  return (
    <div className="dbaas-Field">
      <label htmlFor={id}>{label}</label>
      {children(help === undefined ? { id } : { id, 'aria-describedby': `${id}-help` })}
      {help !== undefined && <small id={`${id}-help`}>{help}</small>}
    </div>
  );
}
