import * as React from 'react';

interface Props {
  label: string;
  tabs: readonly (readonly [name: string, content: React.ReactNode])[];
}

/** One of several contents at a time; arrows go from tab to tab. */
export function Tabs({ label, tabs }: Props): React.ReactElement {
  const [chosen, setChosen] = React.useState(0);
  const id = React.useId();
  const list = React.useRef<HTMLDivElement>(null);
  const choose = (index: number): void => {
    setChosen(index);
    list.current?.querySelectorAll<HTMLElement>('[role="tab"]')[index]?.focus();
  };
  return (
    <div className="dbaas-DialogTabs">
      <div
        ref={list}
        role="tablist"
        aria-label={label}
        onKeyDown={event => {
          const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (by !== undefined) {
            event.preventDefault();
            choose((chosen + by + tabs.length) % tabs.length);
          }
        }}
      >
        {tabs.map(([name], index) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-${index}`}
            aria-controls={`${id}-panel`}
            aria-selected={index === chosen}
            tabIndex={index === chosen ? 0 : -1}
            onClick={() => {
              choose(index);
            }}
          >
            {name}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen}`}>
        {tabs[chosen]?.[1]}
      </div>
    </div>
  );
}
