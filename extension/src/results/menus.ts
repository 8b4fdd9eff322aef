/** The grid's menus. */

import { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';

/** An entry of a menu; null for a line between entries. */
export type Entry =
  { label: string; run: () => void; checked?: boolean } | { label: string; entries: Entry[] } | null;

/** Opens a menu at a place on the page. It goes away by itself. */
export function openMenu(entries: readonly Entry[], x: number, y: number): void {
  const menu = menuOf(entries, new CommandRegistry());
  const focused = document.activeElement;
  menu.aboutToClose.connect(() => {
    // A menu takes the focus and gives it back to nobody.
    if (focused instanceof HTMLElement) {
      focused.focus();
    }
    // The entry that was chosen runs after its menu closed.
    setTimeout(() => {
      menu.dispose();
    });
  });
  menu.open(x, y);
}

/** Opens a menu below a button. */
export function openBelow(button: Element, entries: readonly Entry[]): void {
  const { left, bottom } = button.getBoundingClientRect();
  openMenu(entries, left, bottom);
}

function menuOf(entries: readonly Entry[], commands: CommandRegistry): Menu {
  const menu = new Menu({ commands });
  for (const entry of entries) {
    if (entry === null) {
      menu.addItem({ type: 'separator' });
    } else if ('entries' in entry) {
      const submenu = menuOf(entry.entries, commands);
      submenu.title.label = entry.label;
      menu.addItem({ type: 'submenu', submenu });
    } else {
      const command = `entry-${commands.listCommands().length}`;
      commands.addCommand(command, {
        label: entry.label,
        isToggled: () => entry.checked === true,
        isToggleable: entry.checked !== undefined,
        execute: entry.run
      });
      menu.addItem({ command });
    }
  }
  return menu;
}
