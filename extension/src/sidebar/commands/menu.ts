/** The rows' context menus. */

import { Menu } from '@lumino/widgets';

import { COMMANDS } from '../actions.js';
import type { Subject } from '../rows.js';
import { LANGUAGES } from './copy.js';
import type { Context } from './context.js';

const OPEN = [COMMANDS.open, COMMANDS.query] as const;
const NAME = [COMMANDS.copyQueryName] as const;
const SNIPPETS = 'snippets';

/** Per kind of row, groups between which a line is drawn. */
const MENUS: Partial<Record<Subject['kind'], readonly (readonly string[])[]>> = {
  tenant: [
    [COMMANDS.createDatabase, COMMANDS.createTenant],
    [COMMANDS.keys, COMMANDS.openGraphiql],
    [COMMANDS.changePlan],
    [COMMANDS.copyName],
    [COMMANDS.drop]
  ],
  database: [
    [...OPEN, COMMANDS.openGraphiql],
    [COMMANDS.copyConnectionString, SNIPPETS, COMMANDS.copyRestUrl, COMMANDS.copyName],
    [COMMANDS.keys],
    [COMMANDS.dump, COMMANDS.restore, COMMANDS.branch],
    [COMMANDS.drop]
  ],
  schema: [[COMMANDS.copyName, ...NAME]],
  table: [[COMMANDS.query], [...NAME, SNIPPETS, COMMANDS.copyRestUrl]],
  collection: [[COMMANDS.query], [...NAME, SNIPPETS]],
  column: [NAME],
  field: [NAME],
  function: [NAME],
  policy: [[COMMANDS.copyName]],
  index: [[COMMANDS.copyName]],
  note: [[COMMANDS.createDatabase, COMMANDS.refresh]]
};

/** Offers the commands on the rows; the menu of snippets, for a button as well. */
export function addMenus({ app: { contextMenu, commands } }: Context): Menu {
  const snippets = new Menu({ commands });
  snippets.title.label = 'Copy Snippet';
  for (const language of LANGUAGES) {
    snippets.addItem({ command: COMMANDS.copySnippet, args: { language } });
  }
  for (const [kind, groups] of Object.entries(MENUS)) {
    const selector = `.dbaas-Row[data-kind="${kind}"]`;
    let rank = 0;
    groups.forEach((group, index) => {
      if (index > 0) {
        contextMenu.addItem({ type: 'separator', selector, rank: (rank += 1) });
      }
      for (const command of group) {
        rank += 1;
        contextMenu.addItem(
          command === SNIPPETS
            ? // A submenu shows itself however little is in it.
              { type: 'submenu', submenu: snippets, selector: `${selector}[data-owned]`, rank }
            : { command, selector, rank }
        );
      }
    });
  }
  return snippets;
}
