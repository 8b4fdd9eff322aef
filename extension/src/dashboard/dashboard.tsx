/** The tab bar of a dashboard and what it shows: the database is asked for first, since its engine decides on the tabs. */

import { DOMUtils, ReactWidget } from '@jupyterlab/apputils';
import { PanelLayout, StackedPanel, Widget } from '@lumino/widgets';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import { Client } from '../api/client.js';
import type { Send } from '../api/client.js';
import { asApiError } from '../api/errors.js';
import { readDatabase } from '../api/overview.js';
import type { Database, Tenant } from '../api/nouns.js';
import { Loading, Trouble } from '../sidebar/states.js';
import { Strip } from './strip.js';
import { tabsFor } from './tabs.js';
import type { DashboardTab, Surroundings, TabContext } from './tabs.js';
import { Inbox } from './wishes.js';
import type { Wish } from './wishes.js';

/** Where statements are written. */
const QUERY = 'query';

export class Dashboard extends Widget {
  constructor(
    private readonly surroundings: Surroundings,
    private readonly send: Send,
    wishes: Inbox<Wish>
  ) {
    super();
    this.addClass('dbaas-Dashboard');
    this.layout = new PanelLayout();
    void this.load(wishes);
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    if (this.active) {
      this.widgets.get(this.active)?.activate();
    }
  }

  /** Asks for the database until it is there, and then takes wishes. */
  private async load(wishes: Inbox<Wish>): Promise<void> {
    const layout = this.layout as PanelLayout;
    const { state, tenant, database } = this.surroundings;
    const waiting = ReactWidget.create(<Loading />);
    layout.addWidget(waiting);
    try {
      const [about, owner] = await Promise.all([
        readDatabase(this.send, tenant, database),
        new Client(this.send).tenant(tenant)
      ]);
      const last = await state?.fetch(this.key);
      if (!this.isDisposed) {
        this.fill(about, owner, typeof last === 'string' ? last : null);
        wishes.serve(wish => {
          this.fulfil(wish);
        });
      }
    } catch (thrown) {
      const trouble = ReactWidget.create(
        <Trouble
          problem={asApiError(thrown)}
          onRetry={() => {
            trouble.dispose();
            void this.load(wishes);
          }}
        />
      );
      layout.addWidget(trouble);
    } finally {
      waiting.dispose();
    }
  }

  private fill(about: Database, owner: Tenant, last: string | null): void {
    this.tabs = tabsFor(about, owner);
    this.context = {
      ...this.surroundings,
      send: this.send,
      about,
      show: wish => {
        this.fulfil(wish);
      },
      texts: this.texts
    };
    this.stack.id = DOMUtils.createDomID();
    this.stack.addClass('dbaas-Dashboard-stack');
    this.stack.node.setAttribute('role', 'tabpanel');
    const layout = this.layout as PanelLayout;
    layout.addWidget(this.bar);
    layout.addWidget(this.stack);
    this.select(this.tabs.some(tab => tab.id === last) ? last : (this.tabs[0]?.id ?? null));
  }

  private fulfil({ tab, text }: Wish): void {
    if (text !== null) {
      this.texts.put(text);
    }
    this.select(text === null ? tab : QUERY);
  }

  private select(id: string | null): void {
    const tab = this.tabs.find(tab => tab.id === id);
    if (!tab || !this.context || tab.id === this.active) {
      return;
    }
    this.active = tab.id;
    let widget = this.widgets.get(tab.id);
    if (!widget) {
      widget = tab.create(this.context);
      widget.hide();
      this.widgets.set(tab.id, widget);
      this.stack.addWidget(widget);
    }
    for (const [other, made] of this.widgets) {
      made.setHidden(other !== tab.id);
    }
    this.stack.node.setAttribute('aria-label', tab.label);
    this.bar.update();
    void this.surroundings.state?.save(this.key, tab.id);
  }

  private get key(): string {
    return `jupyter-dbaas:dashboard:${JSON.stringify([this.surroundings.tenant, this.surroundings.database])}`;
  }

  private readonly texts = new Inbox<string>();
  private readonly stack = new StackedPanel();
  private readonly widgets = new Map<string, Widget>();
  private tabs: DashboardTab[] = [];
  private context: TabContext | null = null;
  private active: string | null = null;
  private readonly bar = new Bar(() => (
    <Strip
      label={`Database ${this.surroundings.database}`}
      items={this.tabs}
      active={this.active}
      panel={this.stack.id}
      onSelect={id => {
        this.select(id);
      }}
    />
  ));
}

class Bar extends ReactWidget {
  constructor(private readonly draw: () => React.ReactElement) {
    super();
    this.addClass('dbaas-Dashboard-bar');
  }

  protected override render(): React.ReactElement {
    return this.draw();
  }
}
