/**
 * The query editor.
 *
 * 1. The text is CodeMirror's; what is known of it is the server's, asked as one types. Neither waits for the other.
 * 2. `Desk` decides what is run, `Runner` runs it; both know no page, and what is drawn listens to them.
 * 3. Queries, parameters and the way the parts are arranged survive a reload; values of results do not.
 * 4. Names and messages come from people's databases: they are shown as text, what would act in them written out.
 */

import type { Widget } from '@lumino/widgets';

import { History } from '../api/history.js';
import { Language } from '../api/language.js';
import { Results } from '../api/results.js';
import type { RunAnswer } from '../api/results.js';
import type { TabContext } from '../dashboard/tabs.js';
import { createResults, EngineSource, StaticSource } from '../results/index.js';
import { Desk } from './desk.js';
import { Past } from './past.js';
import { QueryTab } from './query.js';
import { Runner } from './runner.js';
import type { Piece } from './runner.js';
import { Saved } from './saved.js';

import '../../style/editor.css';

export async function createQueryTab(context: TabContext): Promise<Widget> {
  const { send, tenant, database } = context;
  const results = new Results(send, tenant, database);
  const runner = new Runner(results, (answer, piece) => grid(context, results, answer, piece));
  const saved = new Saved(context.state, tenant, database);
  const language = new Language(send, tenant, database);
  const desk = new Desk(language, runner, saved, await saved.read());
  return new QueryTab({
    engine: context.about.engine,
    language,
    desk,
    runner,
    past: new Past(new History(send, tenant, database)),
    texts: context.texts
  });
}

function grid(
  { app, rendermime, themes, tenant, database }: TabContext,
  results: Results,
  answer: RunAnswer,
  { text, params }: Piece
): Widget {
  const source = answer.pageable
    ? EngineSource.of(results, { text, ...(params === undefined ? {} : { params }) }, answer)
    : new StaticSource(answer.columns, answer.rows, answer.complete ? {} : { total: answer.total });
  return createResults({ source, run: { tenant, database, text }, app, rendermime, themes });
}
