/** How cells are painted. What reaches the canvas is short, and every character of it is seen. */

import { CellRenderer } from '@lumino/datagrid';
import type { GraphicsContext } from '@lumino/datagrid';

import { shown } from '../shown/index.js';
import { kindOf } from './kinds.js';
import type { Kind } from './kinds.js';
import { LOADING } from './model.js';
import type { Cell, ResultColumn, Sort } from './source.js';
import type { Palette } from './theme.js';

export const PADDING = 8;
/** What a header's arrow takes. */
export const MARKS = 20;

/** A text as far as it fits, with an ellipsis where it does not; remembered, since the same cells are painted often. */
class Fitting {
  fit(gc: GraphicsContext, text: string, width: number): string {
    const key = `${gc.font}\0${Math.floor(width)}\0${text}`;
    const known = this.known.get(key);
    if (known !== undefined) {
      return known;
    }
    const found = this.cut(gc, text, width);
    if (this.known.size > 20_000) {
      this.known.clear();
    }
    this.known.set(key, found);
    return found;
  }

  private cut(gc: GraphicsContext, text: string, width: number): string {
    const whole = gc.measureText(text).width;
    if (whole <= width) {
      return text;
    }
    const letters = Array.from(text);
    let [fits, tooMany] = [0, letters.length];
    let guess = Math.floor((letters.length * width) / whole);
    while (tooMany - fits > 1) {
      guess = Math.min(Math.max(guess, fits + 1), tooMany - 1);
      const excess = gc.measureText(`${letters.slice(0, guess).join('')}…`).width - width;
      if (excess <= 0) {
        fits = guess;
      } else {
        tooMany = guess;
      }
      const step = Math.max(1, Math.floor((Math.abs(excess) / whole) * letters.length));
      guess += excess <= 0 ? step : -step;
    }
    return `${letters.slice(0, fits).join('')}…`;
  }

  private readonly known = new Map<string, string>();
}

abstract class Painter extends CellRenderer {
  constructor(protected readonly palette: Palette) {
    super();
  }

  /** One line in the middle of a box. */
  protected line(
    gc: GraphicsContext,
    text: string,
    box: { x: number; y: number; width: number; height: number },
    look: { font: string; colour: string; right?: boolean }
  ): void {
    const width = box.width - 2 * PADDING;
    if (width <= 0) {
      return;
    }
    gc.font = look.font;
    gc.fillStyle = look.colour;
    gc.textBaseline = 'middle';
    gc.textAlign = look.right === true ? 'right' : 'left';
    const x = look.right === true ? box.x + box.width - PADDING : box.x + PADDING;
    gc.fillText(this.fitting.fit(gc, text, width), x, box.y + box.height / 2 + 0.5);
  }

  private readonly fitting = new Fitting();
}

export class BodyPainter extends Painter {
  constructor(palette: Palette, columns: readonly ResultColumn[]) {
    super(palette);
    this.kinds = columns.map(({ type }) => kindOf(type));
  }

  override paint(gc: GraphicsContext, config: CellRenderer.CellConfig): void {
    const { palette } = this;
    const value = config.value as Cell | typeof LOADING;
    const kind = this.kinds[config.column] ?? 'text';
    const right = kind === 'number';
    if (value === LOADING) {
      this.loading(gc, config, right);
      return;
    }
    // No letter is narrower than three pixels.
    const { text, kind: sort } = shown(value, Math.min(300, Math.ceil(config.width / 3)));
    const dim = sort !== 'value';
    this.line(gc, text, config, {
      font: dim ? palette.italicFont : palette.font,
      colour: dim ? palette.dim : this.colour(kind),
      right
    });
  }

  private colour(kind: Kind): string {
    return kind === 'number' ? this.palette.number : this.palette.text;
  }

  /** A bar where text will be, of a width of its own for every cell so that it looks like text. */
  private loading(gc: GraphicsContext, config: CellRenderer.CellConfig, right: boolean): void {
    const room = config.width - 2 * PADDING;
    const width = Math.min(room, 160) * (0.35 + (((config.row * 7 + config.column * 13) % 10) / 10) * 0.5);
    if (width > 0) {
      gc.fillStyle = this.palette.faint;
      const x = right ? config.x + config.width - PADDING - width : config.x + PADDING;
      gc.fillRect(x, config.y + config.height / 2 - 3, width, 6);
    }
  }

  private readonly kinds: readonly Kind[];
}

/** A column's name, its type below, and whether rows are in its order. */
export class HeaderPainter extends Painter {
  constructor(
    palette: Palette,
    private readonly columns: readonly ResultColumn[],
    private readonly sort: readonly Sort[]
  ) {
    super(palette);
  }

  override paint(gc: GraphicsContext, config: CellRenderer.CellConfig): void {
    const column = this.columns[config.column];
    if (!column) {
      return;
    }
    const { palette } = this;
    const right = kindOf(column.type) === 'number';
    const place = this.sort.findIndex(one => one.column === config.column);
    const room = place < 0 ? 0 : MARKS;
    const half = config.height / 2;
    const x = right ? config.x + room : config.x;
    const box = { x, y: config.y + 3, width: config.width - room, height: half - 2 };
    this.line(gc, shown(column.name, 200).text, box, {
      font: palette.headerFont,
      colour: palette.text,
      right
    });
    this.line(
      gc,
      shown(column.type, 100).text,
      { ...box, y: config.y + half - 1 },
      { font: palette.smallFont, colour: palette.dim, right }
    );
    if (place >= 0) {
      this.arrow(gc, config, right, place);
    }
  }

  private arrow(gc: GraphicsContext, config: CellRenderer.CellConfig, right: boolean, place: number): void {
    const middle = config.y + config.height / 2;
    const x = right ? config.x + PADDING + 4 : config.x + config.width - PADDING - 6;
    const up = this.sort[place]?.descending === true ? -1 : 1;
    gc.fillStyle = this.palette.brand;
    gc.beginPath();
    gc.moveTo(x - 4, middle + 2 * up);
    gc.lineTo(x + 4, middle + 2 * up);
    gc.lineTo(x, middle - 4 * up);
    gc.closePath();
    gc.fill();
    if (this.sort.length > 1) {
      gc.font = this.palette.smallFont;
      gc.textAlign = 'center';
      gc.textBaseline = 'middle';
      gc.fillText(String(place + 1), x, middle + 10);
    }
  }
}

/** The number of a row. */
export class RowNumberPainter extends Painter {
  override paint(gc: GraphicsContext, config: CellRenderer.CellConfig): void {
    const { smallFont: font, dim: colour } = this.palette;
    this.line(gc, String(config.value), config, { font, colour, right: true });
  }
}
