/** A dialog that stays open until the server has taken what it asks for. */

import { Dialog, ReactWidget } from '@jupyterlab/apputils';
import { Signal } from '@lumino/signaling';
import * as React from 'react';

import { asApiError } from '../api/errors.js';
import type { Step } from '../api/nouns.js';
import { Progress } from './progress.js';

const CANCEL = 0;
const ACCEPT = 1;

/** What is wrong, and with which field: null when it is none in particular. */
export interface Wrong {
  message: string;
  hint: string | null;
  field: string | null;
}

export interface FieldsProps<Values> {
  values: Values;
  set: (change: Partial<Values>) => void;
  /** What is wrong with a field; null when nothing is. */
  wrong: (field: string) => string | null;
}

export interface FormOptions<Values, Made> {
  title: string;
  /** On the button that accepts: a verb. */
  accept: string;
  /** Whether what is done cannot be undone. */
  warns?: boolean;
  /** Beside the spinner while the server works. */
  working: string;
  initial: Values;
  /** What is wrong before anything is sent; null when nothing is. */
  check: (values: Values) => Wrong | null;
  /** @param tell is given the steps, where the server says so. */
  submit: (values: Values, tell: (step: Step) => void) => Promise<Made>;
  /** Told when the person closes the dialog while the server works: that goes on. */
  left?: () => void;
  /** Which field an error's code is about, where its sentence does not name one. */
  blames?: Record<string, string>;
  fields: React.FC<FieldsProps<Values>>;
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
    private readonly asked: FormOptions<Values, Made>
  ) {
    const accept = asked.warns ? Dialog.warnButton : Dialog.okButton;
    super({
      title: asked.title,
      body: form,
      buttons: [Dialog.cancelButton(), accept({ label: asked.accept })],
      defaultButton: ACCEPT,
      focusNodeSelector: 'input, select'
    });
    this.addClass('dbaas-Dialog');
  }

  /** Escape, too, comes here. */
  override reject(): void {
    if (this.form.busy) {
      this.asked.left?.();
    }
    super.reject();
  }

  /** Accepting submits; the dialog closes once that succeeded. */
  override resolve(index: number = ACCEPT): void {
    if (index === CANCEL) {
      this.reject();
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
      this.tell(wrong, false);
      return false;
    }
    this.step = null;
    this.tell(null, true);
    try {
      this.made = await this.options.submit(this.values, step => {
        this.step = step;
        this.changed.emit();
      });
      this.tell(null, false);
      return true;
    } catch (thrown) {
      const { message, hint, code } = asApiError(thrown);
      this.tell(
        { message, hint, field: fieldNamed(message) ?? this.options.blames?.[code ?? ''] ?? null },
        false
      );
      return false;
    }
  }

  protected override render(): React.ReactElement {
    return <FormBody form={this} options={this.options} />;
  }

  private tell(problem: Wrong | null, busy: boolean): void {
    this.problem = problem;
    this.busy = busy;
    this.changed.emit();
  }

  values: Values;
  problem: Wrong | null = null;
  step: Step | null = null;
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
  const { problem } = form;
  const node = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    // To what is wrong, when it is one field.
    node.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [problem]);
  return (
    <div className="dbaas-Form" ref={node}>
      <Fields
        values={form.values}
        set={change => {
          form.change(change);
        }}
        wrong={field => (problem?.field === field ? sentence(problem) : null)}
      />
      {/* Spoken at once; not seen again where the sentence stands at its field. */}
      <div className="dbaas-Form-answer" role="alert">
        {problem && <p className="dbaas-mod-problem">{sentence(problem)}</p>}
      </div>
      {form.busy && <Progress step={form.step} working={options.working} />}
    </div>
  );
}

/** The server's sentences name a field of the body between backticks: "`name` is missing." */
function fieldNamed(message: string): string | null {
  return /^`([^`]+)`/.exec(message)?.[1] ?? null;
}

function sentence({ message, hint }: Wrong): string {
  return hint === null ? message : `${message} ${hint}`;
}
