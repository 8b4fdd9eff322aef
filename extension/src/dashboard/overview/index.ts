/** The first tab: how a database is, where it is reached, and what deserves a look. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { Message } from '@lumino/messaging';
import type { Widget } from '@lumino/widgets';
import * as React from 'react';

import type { TabContext } from '../tabs.js';
import { OverviewModel } from './model.js';
import { OverviewPage } from './page.js';

export function createOverview(context: TabContext): Widget {
  return new OverviewTab(context);
}

class OverviewTab extends ReactWidget {
  constructor(private readonly context: TabContext) {
    super();
    this.addClass('dbaas-Overview-widget');
    const { send, tenant, database } = context;
    this.model = new OverviewModel(send, tenant, database, () => this.isVisible);
  }

  override dispose(): void {
    this.model.dispose();
    super.dispose();
  }

  protected override render(): React.ReactElement {
    return React.createElement(OverviewPage, {
      model: this.model,
      openQuery: text => {
        this.context.show({ tab: null, text });
      },
      showQuery: () => {
        this.context.show({ tab: 'query', text: null });
      }
    });
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    if (this.isVisible) {
      this.model.refresh();
    }
  }

  /** Also sent when the dashboard, or the tab in it, is shown again. */
  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.model.refresh();
  }

  private readonly model: OverviewModel;
}
