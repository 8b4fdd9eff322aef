/** The sidebar's content: the model, its picture and its commands, put together. */

import type { ILabStatus, JupyterFrontEnd } from '@jupyterlab/application';
import { ReactWidget } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import type { IStateDB } from '@jupyterlab/statedb';
import type { Message } from '@lumino/messaging';
import type { Widget } from '@lumino/widgets';
import * as React from 'react';

import { connect } from '../api/connect.js';
import { Works } from '../lifecycle/works.js';
import { addCommands } from './commands/index.js';
import type { Doing } from './commands/index.js';
import { Model } from './model.js';
import type { Opened } from './model.js';
import { Panel } from './panel.js';

import '../../style/index.css';
import '../../style/lifecycle.css';

/** What the server tells the page: the address of a platform elsewhere, empty where it is this Jupyter's own. */
const ELSEWHERE = 'dbaasPlatform';
const OPENED = 'jupyter-dbaas:opened';

/** @param status asks before the page goes while work is under way, which would end with it. */
export async function createSidebar(
  app: JupyterFrontEnd,
  state: IStateDB | null,
  status: ILabStatus | null
): Promise<Widget> {
  const client = connect(app.serviceManager.serverSettings);
  const model: Model = new Model(
    client,
    () => sidebar.isVisible,
    opened => {
      void state?.save(OPENED, opened);
    }
  );
  const works = new Works(() => status?.setDirty() ?? null);
  const sidebar = new Sidebar(model, works, addCommands(app, model, works));
  app.contextMenu.menu.aboutToClose.connect(() => {
    sidebar.menuClosed();
  });
  model.restore(openedFrom(await state?.fetch(OPENED)));
  return sidebar;
}

class Sidebar extends ReactWidget {
  constructor(
    private readonly model: Model,
    private readonly works: Works,
    private readonly doing: Doing
  ) {
    super();
    this.addClass('dbaas-Sidebar');
  }

  /** A menu takes the focus and gives it back to nobody: here, to the row it was opened on. */
  menuClosed(): void {
    if (this.menuOpened) {
      this.menuOpened = false;
      this.node.querySelector<HTMLElement>('[role="tree"]')?.focus();
    }
  }

  override dispose(): void {
    this.model.dispose();
    super.dispose();
  }

  protected override render(): React.ReactElement {
    return React.createElement(Panel, {
      model: this.model,
      works: this.works,
      elsewhere: PageConfig.getOption(ELSEWHERE) || null,
      ...this.doing
    });
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.node.addEventListener('contextmenu', () => {
      this.menuOpened = true;
    });
    if (this.isVisible) {
      this.model.refresh();
    }
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.model.refresh();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.node.querySelector<HTMLElement>('[role="tree"], .dbaas-State button')?.focus();
  }

  private menuOpened = false;
}

/** What was saved may be from another version, or from somebody's hands. */
function openedFrom(saved: unknown): Opened {
  if (typeof saved !== 'object' || saved === null) {
    return {};
  }
  return Object.fromEntries(
    Object.entries(saved).filter((entry): entry is [string, boolean] => typeof entry[1] === 'boolean')
  );
}
