import { PanelLayout, Widget } from '@lumino/widgets';
import type { Message } from '@lumino/messaging';

/** A panel whose content is fetched when it is first looked at. */
export class LazyPanel extends Widget {
  /** @param load fetches and makes the content; called again at the next showing if it failed. */
  constructor(private readonly load: () => Promise<Widget>) {
    super();
    this.layout = new PanelLayout();
    this.addClass('dbaas-LazyPanel');
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    if (this.isVisible) {
      this.fill();
    }
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.fill();
  }

  /** JupyterLab activates a side panel when its tab is chosen: the keyboard belongs in it then. */
  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.fill();
    this.content?.activate();
  }

  private fill(): void {
    if (this.loading || this.content) {
      return;
    }
    this.loading = true;
    this.load()
      .then(content => {
        this.content = content;
        (this.layout as PanelLayout).addWidget(content);
      })
      .catch((reason: unknown) => {
        console.error('A part of the databases extension could not be loaded.', reason);
      })
      .finally(() => {
        this.loading = false;
      });
  }

  private loading = false;
  private content: Widget | null = null;
}
