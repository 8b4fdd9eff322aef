/**
 * Colours for SQL and JavaScript inside cells of Python.
 *
 * The cell's own parser goes on reading all of it as Python; what is drawn here lies closer to the text, and covers all
 * of the part, so that none of Python's colours is seen there. Only what is in view is drawn, and an edit is parsed
 * from where it was made.
 */

import { ensureSyntaxTree, highlightingFor, syntaxTree, syntaxTreeAvailable } from '@codemirror/language';
import type { Language } from '@codemirror/language';
import { Annotation, EditorState, Prec, RangeSetBuilder } from '@codemirror/state';
import type { Extension } from '@codemirror/state';
import { Decoration, ViewPlugin } from '@codemirror/view';
import type { DecorationSet, EditorView, ViewUpdate } from '@codemirror/view';
import type { Tree } from '@lezer/common';
import { highlightTree, tags } from '@lezer/highlight';
import type { Tag } from '@lezer/highlight';

import { HEAD, partOf, sqlIn } from './parts.js';
import type { Part } from './parts.js';

import '../../style/notebook.css';

export interface Languages {
  sql: Language;
  javascript: Language;
}

/** Milliseconds that a keystroke may cost; the rest is parsed between them. */
const AT_ONCE = 15;
const LATER = 40;

const parsedMore = Annotation.define<boolean>();

export function colours(languages: Languages): Extension {
  const plugin = ViewPlugin.define(view => new Colours(view, languages), {
    decorations: colours => colours.decorations
  });
  return Prec.highest(plugin);
}

/** A cell's part, as an editor's state of its own: CodeMirror parses it bit by bit, and again only what changed. */
interface Body extends Part {
  state: EditorState;
}

class Colours {
  decorations: DecorationSet;

  constructor(
    private readonly view: EditorView,
    private readonly languages: Languages
  ) {
    this.body = this.read(null, view.state);
    this.decorations = this.draw();
  }

  update(update: ViewUpdate): void {
    const more = update.transactions.some(transaction => transaction.annotation(parsedMore));
    if (update.docChanged) {
      this.body = this.read(update, update.state);
    }
    // A theme may come with any transaction.
    if (
      update.docChanged ||
      update.viewportChanged ||
      more ||
      update.transactions.some(one => one.reconfigured)
    ) {
      this.decorations = this.draw();
    }
  }

  destroy(): void {
    clearTimeout(this.timer);
  }

  private read(update: ViewUpdate | null, { doc }: EditorState): Body | null {
    const part = partOf(doc.sliceString(0, HEAD, '\n'));
    if (!part) {
      return null;
    }
    const { body } = this;
    if (update && body && body.from === part.from && body.language === part.language) {
      const changes: { from: number; to: number; insert: typeof doc }[] = [];
      update.changes.iterChanges((from, to, _fromB, _toB, insert) => {
        changes.push({ from: from - part.from, to: to - part.from, insert });
      });
      if (changes.every(({ from }) => from >= 0)) {
        return { ...part, state: body.state.update({ changes }).state };
      }
    }
    const language = part.language === 'plain' ? [] : this.languages[part.language];
    return { ...part, state: EditorState.create({ doc: doc.slice(part.from), extensions: language }) };
  }

  private draw(): DecorationSet {
    const { view, body } = this;
    const builder = new RangeSetBuilder<Decoration>();
    for (const { from, to } of view.visibleRanges) {
      if (body) {
        this.drawBody(builder, body, from, to);
      } else {
        this.drawLines(builder, from, to);
      }
    }
    return builder.finish();
  }

  private drawBody(builder: RangeSetBuilder<Decoration>, body: Body, from: number, to: number): void {
    if (from < body.from) {
      this.cover(builder, null, from, Math.min(to, body.from), 0);
    }
    const start = Math.max(from, body.from);
    if (start >= to) {
      return;
    }
    const upto = to - body.from;
    const tree = ensureSyntaxTree(body.state, upto, AT_ONCE) ?? syntaxTree(body.state);
    this.cover(builder, body.language === 'plain' ? null : tree, start, to, body.from);
    if (!syntaxTreeAvailable(body.state, upto)) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        this.view.dispatch({ annotations: parsedMore.of(true) });
      }, LATER);
    }
  }

  private drawLines(builder: RangeSetBuilder<Decoration>, from: number, to: number): void {
    const { doc } = this.view.state;
    for (let at = from; at <= to;) {
      const line = doc.lineAt(at);
      const start = line.text.includes('%sql') ? sqlIn(line.text) : null;
      if (start !== null && start < line.length) {
        const tree = this.languages.sql.parser.parse(line.text.slice(start));
        this.cover(builder, tree, line.from + start, line.to, line.from + start);
      }
      at = line.to + 1;
    }
  }

  /**
   * Marks all of a range: what the tree knows with the theme's colours, and the rest as plain text.
   *
   * @param origin where in the document the tree begins.
   */
  private cover(
    builder: RangeSetBuilder<Decoration>,
    tree: Tree | null,
    from: number,
    to: number,
    origin: number
  ): void {
    let at = from;
    const put = (end: number, classes: string): void => {
      if (end > at) {
        builder.add(at, end, this.mark(classes));
        at = end;
      }
    };
    if (tree) {
      const style = (found: readonly Tag[]): string | null => highlightingFor(this.view.state, found);
      const paint = (start: number, end: number, classes: string): void => {
        put(Math.min(start + origin, to), '');
        put(Math.min(end + origin, to), classes);
      };
      highlightTree(tree, { style }, paint, from - origin, to - origin);
    } else if (this.body && origin === 0) {
      // The magic's own line.
      const magic = /^\s*%%\w+/.exec(this.view.state.sliceDoc(0, this.body.from));
      put(Math.min(magic?.[0].length ?? 0, to), highlightingFor(this.view.state, [tags.keyword]) ?? '');
    }
    put(to, '');
  }

  private mark(classes: string): Decoration {
    let mark = this.marks.get(classes);
    if (!mark) {
      mark = Decoration.mark({ class: `dbaas-Code ${classes}`.trim() });
      this.marks.set(classes, mark);
    }
    return mark;
  }

  private body: Body | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly marks = new Map<string, Decoration>();
}
