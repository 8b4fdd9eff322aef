/** Where names are searched for, and what the search could not look into. */

import * as React from 'react';

import { plural } from './format.js';
import { Close, Search } from './icons.js';
import { openDatabases, unsearched } from './known.js';
import type { Model, View } from './model.js';

/** Milliseconds from a key to its search: a fast typist's keys come in between. */
const PAUSE = 80;

interface Props {
  model: Model;
  view: View;
  typed: string;
  onType: (typed: string) => void;
  /** The focus goes down, into the tree. */
  onEnter: () => void;
}

export const SearchBox = React.forwardRef<HTMLInputElement, Props>(function SearchBox(
  { model, view, typed, onType, onEnter },
  ref
) {
  React.useEffect(() => {
    const timer = setTimeout(() => {
      model.search(typed);
    }, PAUSE);
    return () => {
      clearTimeout(timer);
    };
  }, [model, typed]);

  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.key === 'Escape' && typed !== '') {
      onType('');
    } else if (event.key === 'ArrowDown' || event.key === 'Enter') {
      model.search(typed);
      onEnter();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <>
      <div className="dbaas-Search" role="search">
        <Search />
        <input
          ref={ref}
          type="text"
          role="searchbox"
          aria-label="Search databases"
          placeholder="Search"
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={event => {
            onType(event.target.value);
          }}
          onKeyDown={onKeyDown}
        />
        {typed !== '' && (
          <button
            type="button"
            className="dbaas-IconButton"
            title="Clear (Escape)"
            aria-label="Clear the search"
            onClick={() => {
              onType('');
            }}
          >
            <Close />
          </button>
        )}
      </div>
      {view.search !== '' && <Unsearched model={model} view={view} />}
    </>
  );
});

function Unsearched({ model, view }: { model: Model; view: View }): React.ReactElement | null {
  const { ready, asleep } = unsearched(view);
  if (ready.length > 0) {
    return (
      <div className="dbaas-Strip dbaas-mod-plain" role="status">
        Looking into {plural(ready.length, 'database')}…
      </div>
    );
  }
  // Those that were opened are being woken already.
  const opened = new Set(openDatabases(view));
  const left = asleep.filter(database => !opened.has(database));
  if (left.length === 0) {
    return null;
  }
  return (
    <div className="dbaas-Strip dbaas-mod-plain" role="status">
      {plural(left.length, 'database')} asleep, not searched.{' '}
      <button
        type="button"
        className="dbaas-Link"
        onClick={() => {
          model.wake(left);
        }}
      >
        Wake and search
      </button>
    </div>
  );
}
