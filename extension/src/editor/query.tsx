/** The editor, its results and its history, side by side in parts that a person makes larger and smaller. */

import { DOMUtils, ReactWidget } from '@jupyterlab/apputils';
import type { Message } from '@lumino/messaging';
import { Panel, SplitPanel } from '@lumino/widgets';
import type { Widget } from '@lumino/widgets';
import * as React from 'react';

import type { Language } from '../api/language.js';
import type { Inbox } from '../dashboard/wishes.js';
import { Bar } from './bar.js';
import type { Desk } from './desk.js';
import { Fields } from './fields.js';
import { HistoryPanel } from './history.js';
import { Outcome } from './outcome.js';
import type { Past } from './past.js';
import type { Runner } from './runner.js';
import { SheetWidget } from './sheet.js';
import { editorExtensions } from './view.js';

export interface QueryTabOptions {
  engine: string;
  language: Language;
  desk: Desk;
  runner: Runner<Widget>;
  past: Past;
  texts: Inbox<string>;
}

/** The history's share of the width. */
const HISTORY = 0.28;

export class QueryTab extends SplitPanel {
  constructor(private readonly options: QueryTabOptions) {
    super({ orientation: 'horizontal', spacing: 1 });
    this.addClass('dbaas-Query');
    const { desk, runner, past, language, engine } = options;
    this.sheet = new SheetWidget(
      editorExtensions(engine, language, {
        run: () => void desk.run(),
        runAll: () => void desk.run(true),
        format: () => void desk.format(),
        cancel: () => desk.cancel(),
        changed: text => {
          desk.edited(text);
        }
      })
    );
    this.sheet.id = DOMUtils.createDomID();
    this.sheet.node.setAttribute('role', 'tabpanel');
    this.sheet.node.setAttribute('aria-label', 'Query');

    const editor = new Panel();
    editor.addClass('dbaas-Editor');
    editor.addWidget(ReactWidget.create(<Bar desk={desk} runner={runner} panel={this.sheet.id} />));
    editor.addWidget(this.sheet);
    editor.addWidget(ReactWidget.create(<Fields desk={desk} />));
    this.main.addWidget(editor);
    this.main.addWidget(
      new Outcome(desk, runner, position => {
        this.sheet.goTo(position);
      })
    );
    const { share } = desk.view;
    this.main.setRelativeSizes([share, 1 - share]);
    this.main.handleMoved.connect(() => {
      desk.arrange({ share: this.main.relativeSizes()[0] ?? share });
    });

    this.history = ReactWidget.create(
      <HistoryPanel
        past={past}
        write={(text, how) => {
          desk.write(text, how);
        }}
      />
    );
    this.history.addClass('dbaas-History-widget');
    this.addWidget(this.main);
    this.addWidget(this.history);
    this.setRelativeSizes([1 - HISTORY, HISTORY]);

    desk.attach(this.sheet);
    this.arrange();
    desk.changed.connect(() => {
      this.arrange();
    });
    runner.changed.connect(() => {
      this.ran();
    });
    options.texts.serve(text => {
      desk.add(text);
    });
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    const { desk, runner, past } = this.options;
    desk.dispose();
    runner.dispose();
    past.dispose();
    super.dispose();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.sheet.focus();
  }

  private arrange(): void {
    const { history } = this.options.desk.view;
    if (history !== this.remembering) {
      this.remembering = history;
      this.history.setHidden(!history);
      if (history) {
        void this.options.past.refresh();
      }
    }
  }

  /** What just ran is in the history by now. */
  private ran(): void {
    const { messages } = this.options.runner.view;
    const last = messages.at(-1)?.id ?? 0;
    if (last !== this.seen) {
      this.seen = last;
      if (this.remembering === true) {
        void this.options.past.refresh();
      }
    }
  }

  private readonly main = new SplitPanel({ orientation: 'vertical', spacing: 1 });
  private readonly sheet: SheetWidget;
  private readonly history: Widget;
  /** Whether the history is on view; null until that was decided. */
  private remembering: boolean | null = null;
  private seen = 0;
}
