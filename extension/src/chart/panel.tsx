/** What is drawn, and of what: the fields above a chart. */

import * as React from 'react';

import { exact } from '../results/sentences.js';
import type { ResultColumn } from '../results/source.js';
import { shown } from '../shown/index.js';
import type { Aggregate, Choice, Mark } from './guess.js';

const MARKS: Readonly<Record<Mark, string>> = {
  bar: 'Bars',
  line: 'Line',
  area: 'Area',
  point: 'Points',
  histogram: 'Histogram'
};
const AGGREGATES: Readonly<Record<Aggregate, string>> = {
  none: 'Every row',
  count: 'Count',
  sum: 'Sum',
  mean: 'Mean',
  median: 'Median',
  min: 'Least',
  max: 'Greatest'
};

export interface FieldsProps {
  columns: readonly ResultColumn[];
  choice: Choice;
  onChoice: (choice: Choice) => void;
  onClose: () => void;
}

export function Fields({ columns, choice, onChoice, onClose }: FieldsProps): React.ReactElement {
  const names = columns.map(({ name }, index): [string, string] => [String(index), shown(name, 60).text]);
  const number = (value: string): number | null => (value === '' ? null : Number(value));
  const histogram = choice.mark === 'histogram';
  return (
    <form
      className="dbaas-Chart-fields"
      onSubmit={event => {
        event.preventDefault();
      }}
    >
      <Choose
        label="Chart"
        value={choice.mark}
        options={Object.entries(MARKS)}
        onChange={value => {
          onChoice({ ...choice, mark: value as Mark });
        }}
      />
      <Choose
        label="X"
        value={String(choice.x ?? '')}
        options={names}
        onChange={value => {
          onChoice({ ...choice, x: number(value) });
        }}
      />
      {!histogram && (
        <>
          <Choose
            label="Y"
            value={String(choice.y ?? '')}
            options={[['', 'Rows'], ...names]}
            onChange={value => {
              onChoice({ ...choice, y: number(value) });
            }}
          />
          {choice.y !== null && (
            <Choose
              label="As"
              value={choice.aggregate}
              options={Object.entries(AGGREGATES)}
              onChange={value => {
                onChoice({ ...choice, aggregate: value as Aggregate });
              }}
            />
          )}
        </>
      )}
      <Choose
        label="Colour"
        value={String(choice.colour ?? '')}
        options={[['', 'One'], ...names]}
        onChange={value => {
          onChoice({ ...choice, colour: number(value) });
        }}
      />
      <button type="button" className="dbaas-Results-link" aria-label="Close chart" onClick={onClose}>
        ✕
      </button>
    </form>
  );
}

interface ChooseProps {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  onChange: (value: string) => void;
}

function Choose({ label, value, options, onChange }: ChooseProps): React.ReactElement {
  return (
    <label>
      {label}
      <select
        value={value}
        onChange={event => {
          onChange(event.currentTarget.value);
        }}
      >
        {options.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** What the chart is of, below it. */
export function Caption(props: {
  rows: number;
  total: number | null;
  left: string | null;
}): React.ReactElement {
  const { rows, total, left } = props;
  const all = total !== null && rows >= total;
  const of = total === null ? '' : ` of ${exact(total)}`;
  return (
    <p className="dbaas-Value-note" role="status">
      {all ? `All ${exact(rows)} rows.` : `The first ${exact(rows)}${of} rows.`} {left}
    </p>
  );
}
