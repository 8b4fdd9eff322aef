/** The whole of one value: pretty-printed where it is JSON, every character of it seen, and text wherever it goes. */

import * as React from 'react';

import { asText, lengthOf, pieces, shown } from '../shown/index.js';
import type { Desk } from './desk.js';
import { kindOf } from './kinds.js';
import { exact } from './sentences.js';
import { useView } from './toolbar.js';
import type { Cell } from './source.js';

/** Characters that are put on the page at a time. */
const STEP = 100_000;

/** A cell, and where it is; `cell` is undefined while it has not come. */
export interface Place {
  row: number;
  column: number;
  cell: Cell | undefined;
}

export interface ViewerProps {
  desk: Desk;
  place: Place | null;
  onCopy: (text: string) => void;
  onClose: () => void;
}

export function Viewer({ desk, place, onCopy, onClose }: ViewerProps): React.ReactElement {
  const { source } = useView(desk);
  const column = place ? source.columns[place.column] : undefined;
  const whole = useWhole(desk, place);
  const value = whole.value;
  const pretty = React.useMemo(
    () => (typeof value === 'string' ? prettyPrinted(value, column?.type ?? '') : null),
    [value, column]
  );
  const [raw, setRaw] = React.useState(false);
  const text = raw || pretty === null ? value : pretty;
  return (
    <section className="dbaas-Value" aria-label="Value">
      <header className="dbaas-Value-head">
        <h3>
          <bdi>{column ? shown(column.name, 100).text : 'Value'}</bdi>
          {column && <small>{shown(column.type, 100).text}</small>}
        </h3>
        {pretty !== null && (
          <button
            type="button"
            className="dbaas-Results-link"
            aria-pressed={raw}
            onClick={() => {
              setRaw(!raw);
            }}
          >
            {raw ? 'Formatted' : 'As it is'}
          </button>
        )}
        {typeof text === 'string' && (
          <button
            type="button"
            className="dbaas-Results-link"
            onClick={() => {
              onCopy(text);
            }}
          >
            Copy
          </button>
        )}
        <button type="button" className="dbaas-Results-link" aria-label="Close value" onClick={onClose}>
          ✕
        </button>
      </header>
      <Body place={place} text={text} problem={whole.problem} />
    </section>
  );
}

function Body({
  place,
  text,
  problem
}: {
  place: Place | null;
  text: string | null | undefined;
  problem: string | null;
}): React.ReactElement {
  if (problem !== null) {
    return (
      <p className="dbaas-Value-note" role="alert">
        {problem}
      </p>
    );
  }
  if (!place) {
    return <p className="dbaas-Value-note">Choose a cell to see all of it here.</p>;
  }
  if (text === undefined) {
    return <p className="dbaas-Value-note">Loading…</p>;
  }
  if (text === null || text === '') {
    return <p className="dbaas-Value-note">{text === null ? 'null' : 'Text without a character'}</p>;
  }
  const cut =
    place.cell !== undefined && lengthOf(place.cell) > text.length && typeof place.cell === 'object';
  return (
    <>
      <Text key={`${place.row} ${place.column}`} text={text} />
      <footer className="dbaas-Value-note">
        {cut
          ? `The first ${exact(text.length)} of ${exact(lengthOf(place.cell ?? null))}`
          : exact(text.length)}{' '}
        characters
      </footer>
    </>
  );
}

function Text({ text }: { text: string }): React.ReactElement {
  const [limit, setLimit] = React.useState(STEP);
  const stretches = React.useMemo(() => pieces(text.slice(0, limit), true), [text, limit]);
  return (
    <div className="dbaas-Value-text" tabIndex={0} role="document" aria-label="Value">
      <pre dir="auto">
        {stretches.map((piece, index) =>
          piece.acting ? (
            <span key={index} className="dbaas-Value-acting">
              {piece.text}
            </span>
          ) : (
            piece.text
          )
        )}
      </pre>
      {limit < text.length && (
        <button
          type="button"
          className="dbaas-Results-link"
          onClick={() => {
            setLimit(limit * 4);
          }}
        >
          Show more
        </button>
      )}
    </div>
  );
}

interface Whole {
  /** Undefined while it comes. */
  value: string | null | undefined;
  problem: string | null;
}

/** The whole value of a cell: fetched where the rows hold its beginning only. */
function useWhole(desk: Desk, place: Place | null): Whole {
  const [fetched, setFetched] = React.useState<{ of: Place; whole: Whole } | null>(null);
  const cell = place?.cell;
  const cut = typeof cell === 'object' && cell !== null;
  React.useEffect(() => {
    if (!place || !cut) {
      return;
    }
    let current = true;
    const keep = (whole: Whole): void => {
      if (current) {
        setFetched({ of: place, whole });
      }
    };
    desk.view.source.cell(place.row, place.column).then(
      value => {
        keep({ value, problem: null });
      },
      (thrown: unknown) => {
        keep({ value: undefined, problem: thrown instanceof Error ? thrown.message : String(thrown) });
      }
    );
    return () => {
      current = false;
    };
  }, [desk, place, cut]);
  if (cut) {
    return fetched && fetched.of === place ? fetched.whole : { value: undefined, problem: null };
  }
  return { value: cell === undefined || cell === null ? cell : asText(cell), problem: null };
}

/** Null where there is nothing to make prettier. */
function prettyPrinted(text: string, type: string): string | null {
  if (kindOf(type) !== 'json' && !/^\s*[[{]/.test(text)) {
    return null;
  }
  try {
    const pretty = JSON.stringify(JSON.parse(text), null, 2);
    return pretty === text ? null : pretty;
  } catch {
    return null;
  }
}
