/** The panel's pictures, drawn for 16 pixels in the colour of the text around them. */

import * as React from 'react';

interface Props {
  className?: string;
}

function icon(name: string, ...children: React.ReactNode[]): React.FC<Props> {
  const Icon: React.FC<Props> = ({ className }) => (
    <svg
      className={`dbaas-Icon ${className ?? ''}`}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.25"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {React.Children.toArray(children)}
    </svg>
  );
  Icon.displayName = name;
  return Icon;
}

export const Chevron = icon('Chevron', <path d="M6 4l4 4-4 4" />);
export const Plus = icon('Plus', <path d="M8 3v10M3 8h10" />);
export const Refresh = icon('Refresh', <path d="M13 8a5 5 0 1 1-1.6-3.7" />, <path d="M13.2 2v2.8h-2.8" />);
export const Copy = icon(
  'Copy',
  <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />,
  <path d="M3.5 10.5h-.5a.5.5 0 0 1-.5-.5V3.5a1 1 0 0 1 1-1H10a.5.5 0 0 1 .5.5v.5" />
);
export const Close = icon('Close', <path d="M4.5 4.5l7 7M11.5 4.5l-7 7" />);
export const Warning = icon(
  'Warning',
  <path d="M8 2.5l6 10.7H2z" />,
  <path d="M8 6.7v3" />,
  <path d="M8 11.4v.05" strokeWidth="1.5" />
);
export const Unplugged = icon(
  'Unplugged',
  <path d="M6 2.5v2.5M10 2.5v2.5M4 5h8v2.5a4 4 0 0 1-8 0z" />,
  <path d="M8 11.5v2.5" strokeDasharray="1.2 1.8" />
);

export const Gauge = icon(
  'Gauge',
  <path d="M3.2 12a6 6 0 1 1 9.6 0" />,
  <path d="M8 9l2.6-3.2" />,
  <path d="M8 9v.05" strokeWidth="1.75" />
);
export const Persons = icon(
  'Persons',
  <circle cx="6" cy="5.5" r="2.5" />,
  <path d="M1.8 13a4.2 4.2 0 0 1 8.400 0M10 3.200a2.500 2.500 0 0 1 0 4.600M11.500 9.200a4.200 4.200 0 0 1 2.700 3.800" />
);

export const Remote = icon(
  'Remote',
  <circle cx="8" cy="8" r="5.5" />,
  <path d="M2.5 8h11M8 2.5c4 3.4 4 7.6 0 11c-4-3.4-4-7.6 0-11" />
);

export const TenantIcon = icon(
  'Tenant',
  <path d="M2.5 13.5V6.2L8 2.5l5.5 3.7v7.3z" />,
  <path d="M6.3 13.5v-4h3.4v4" />
);
export const SchemaIcon = icon('Schema', <path d="M2 12.5v-9h4l1.5 2H14v7z" />);
export const TableIcon = icon(
  'Table',
  <rect x="2.5" y="3" width="11" height="10" rx="1" />,
  <path d="M2.5 6.3h11M2.5 9.7h11M6.5 6.3V13" />
);
export const ViewIcon = icon(
  'View',
  <path d="M1.8 8S4 3.8 8 3.8 14.2 8 14.2 8 12 12.2 8 12.2 1.8 8 1.8 8z" />,
  <circle cx="8" cy="8" r="1.8" />
);
export const ColumnIcon = icon('Column', <rect x="5.5" y="3" width="5" height="10" rx="1" />);
export const KeyIcon = icon(
  'Key',
  <circle cx="5.3" cy="10.7" r="2.5" />,
  <path d="M7.2 8.8l5.6-5.6M10.6 5.4l1.8 1.8" />
);

/** A key's bow with an arrow that leads away. */
export const ForeignKeyIcon = icon(
  'ForeignKey',
  <circle cx="4.8" cy="8" r="2.3" />,
  <path d="M7.1 8h6.4M11 5.5L13.5 8 11 10.5" />
);
export const FunctionIcon = icon(
  'Function',
  <path d="M9.8 3.2c-1.500-.500-2.500.200-2.800 1.900L5.800 11c-.300 1.700-1.300 2.300-2.800 1.800" />,
  <path d="M4.8 6.8h4M10.200 8.500l3.300 4M13.500 8.500l-3.300 4" />
);
export const CollectionIcon = icon(
  'Collection',
  <path d="M5.800 3c-1.600 0-1.600 1-1.600 2.300S4.200 8 2.800 8c1.400 0 1.400 1.400 1.400 2.700S4.200 13 5.800 13" />,
  <path d="M10.200 3c1.600 0 1.600 1 1.600 2.300S11.800 8 13.200 8c-1.400 0-1.400 1.400-1.400 2.700s0 2.300-1.600 2.300" />,
  <path d="M8 6v.05M8 10v.05" strokeWidth="1.6" />
);
export const IndexIcon = icon(
  'Index',
  <path d="M3 4h10M3 8h6.500M3 12h4" />,
  <path d="M12.500 7v5.500M10.700 10.700l1.800 1.800 1.800-1.800" />
);
export const Shield = icon(
  'Shield',
  <path d="M8 2.300l4.700 1.600v3.700c0 3-1.900 5-4.700 6.100-2.800-1.100-4.700-3.100-4.700-6.100V3.900z" />
);
export const Plug = icon(
  'Plug',
  <path d="M6 2.500v3M10 2.500v3M4.200 5.500h7.600v1.800a3.800 3.800 0 0 1-7.600 0zM8 11.100v2.700" />
);
export const Run = icon('Run', <path d="M5 3l8 5-8 5z" />);
export const Search = icon(
  'Search',
  <circle cx="7" cy="7" r="4.2" />,
  <path d="M10.100 10.100l3.600 3.600" />
);

const DatabaseIcon = icon(
  'Database',
  <ellipse cx="8" cy="4" rx="5" ry="2" />,
  <path d="M3 4v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2" />
);
/** An elephant's head: ears, brow, trunk. */
const PostgresIcon = icon(
  'PostgreSQL',
  <path d="M5.2 9.5C3 9.8 1.8 8 1.8 5.6 1.8 3.6 3 2.5 4.6 2.5c1 0 1.5.5 1.9 1h3c.4-.5.9-1 1.9-1 1.6 0 2.8 1.1 2.8 3.1 0 2.4-1.2 4.2-3.4 3.9" />,
  <path d="M6.2 8.5v2.6a2.4 2.4 0 0 0 2.4 2.4c1.1 0 1.8-.7 1.8-1.6M9.8 8.5v1.8" />,
  <path d="M6.1 6v.05M9.9 6v.05" strokeWidth="1.6" />
);

/** A leaf with its vein. */
const DocumentIcon = icon(
  'Documents',
  <path d="M8 2c2.600 2.300 3.700 4.400 3.700 6.500 0 2.300-1.500 4-3.700 4.600-2.200-.600-3.700-2.300-3.700-4.600C4.300 6.400 5.400 4.300 8 2z" />,
  <path d="M8 6v8.300" />
);

const ENGINES: Record<string, React.FC<Props>> = { postgres: PostgresIcon, document: DocumentIcon };

/** An engine's own picture, or a plain database. */
export function EngineIcon({ engine, className }: Props & { engine: string }): React.ReactElement {
  const Icon = ENGINES[engine] ?? DatabaseIcon;
  return <Icon className={className ?? ''} />;
}
