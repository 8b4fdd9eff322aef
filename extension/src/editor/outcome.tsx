/** Below the editor: the messages and the results of the query on view, in tabs. */

import { DOMUtils, ReactWidget } from '@jupyterlab/apputils';
import { BoxLayout, StackedPanel, Widget } from '@lumino/widgets';
import * as React from 'react';

import { Strip } from '../dashboard/strip.js';
import type { StripItem } from '../dashboard/strip.js';
import { useSignal } from '../dashboard/use.js';
import { visible } from '../shown/index.js';
import type { Desk } from './desk.js';
import { Messages, rowsNote } from './messages.js';
import type { Runner } from './runner.js';

/** The id of the first tab; results have ids of their own. */
const MESSAGES = 'messages';

export class Outcome extends Widget {
  constructor(desk: Desk, runner: Runner<Widget>, goTo: (position: number) => void) {
    super();
    this.addClass('dbaas-Outcome');
    this.stack.id = DOMUtils.createDomID();
    this.stack.node.setAttribute('role', 'tabpanel');
    this.stack.node.setAttribute('aria-label', 'Result');
    this.messages = ReactWidget.create(<MessagesOf desk={desk} runner={runner} goTo={goTo} />);
    this.stack.addWidget(this.messages);
    const bar = ReactWidget.create(<Tabs desk={desk} runner={runner} panel={this.stack.id} />);
    bar.addClass('dbaas-Outcome-bar');
    const layout = new BoxLayout({ spacing: 0 });
    BoxLayout.setStretch(bar, 0);
    BoxLayout.setStretch(this.stack, 1);
    layout.addWidget(bar);
    layout.addWidget(this.stack);
    this.layout = layout;
    const show = (): void => {
      this.present(desk, runner);
    };
    desk.changed.connect(show);
    runner.changed.connect(show);
  }

  /** Shows the chosen one, in a place that it keeps until it is closed. */
  private present(desk: Desk, runner: Runner<Widget>): void {
    const { tabs } = runner.view;
    const chosen = chosenOf(desk, runner);
    for (const { shown } of tabs) {
      if (shown.parent !== this.stack) {
        shown.hide();
        this.stack.addWidget(shown);
      }
    }
    const wanted = tabs.find(tab => tab.id === chosen)?.shown ?? this.messages;
    if (wanted !== this.visibleOne) {
      for (const widget of this.stack.widgets) {
        widget.setHidden(widget !== wanted);
      }
      this.visibleOne = wanted;
    }
  }

  private readonly stack = new StackedPanel();
  private readonly messages: Widget;
  private visibleOne: Widget | null = null;
}

function chosenOf(desk: Desk, runner: Runner<Widget>): string | null {
  return runner.view.chosen.get(desk.query.id) ?? null;
}

interface TabsProps {
  desk: Desk;
  runner: Runner<Widget>;
  panel: string;
}

function Tabs({ desk, runner, panel }: TabsProps): React.ReactElement {
  const query = useSignal(desk.changed, () => desk.view).documents.active;
  const { tabs, messages, chosen } = useSignal(runner.changed, () => runner.view);
  const mine = tabs.filter(tab => tab.query === query);
  const active = mine.find(tab => tab.id === chosen.get(query));
  const failed = messages.filter(message => message.query === query).at(-1)?.problem != null;
  const items: StripItem[] = [
    { id: MESSAGES, label: 'Messages', ...(failed ? { note: 'error' } : {}) },
    ...mine.map(({ id, title, rows, pinned, text }) => ({
      id,
      label: visible(title),
      note: rowsNote(rows),
      tooltip: visible(text.trim().slice(0, 300)),
      closable: true,
      pinned
    }))
  ];
  return (
    <Strip
      label="Results"
      items={items}
      active={active?.id ?? MESSAGES}
      panel={panel}
      onSelect={id => {
        runner.choose(query, id === MESSAGES ? null : id);
      }}
      onClose={id => {
        runner.close(id);
      }}
      onRename={(id, title) => {
        runner.change(id, { title });
      }}
    >
      {active && (
        <button
          type="button"
          className="dbaas-Tool dbaas-mod-words"
          aria-pressed={active.pinned}
          title="A pinned result stays when the query runs again"
          onClick={() => {
            runner.change(active.id, { pinned: !active.pinned });
          }}
        >
          {active.pinned ? 'Unpin' : 'Pin'}
        </button>
      )}
    </Strip>
  );
}

function MessagesOf({
  desk,
  runner,
  goTo
}: {
  desk: Desk;
  runner: Runner<Widget>;
  goTo: (position: number) => void;
}): React.ReactElement {
  const query = useSignal(desk.changed, () => desk.view).documents.active;
  const { messages } = useSignal(runner.changed, () => runner.view);
  return <Messages messages={messages.filter(message => message.query === query)} goTo={goTo} />;
}
