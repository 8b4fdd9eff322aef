/** Numbers as the panel writes them: short beside a name, exact in a sentence. */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** `8192` → `8 kB`; powers of 1024 and PostgreSQL's unit names. */
export function bytes(size: number): string {
  let value = size;
  let unit = 0;
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${trimmed(value, digits)} ${UNITS[unit] ?? ''}`;
}

/** `336776` → `337k`: at most four characters up to a trillion. */
export function count(value: number): string {
  let scaled = value;
  let suffix = '';
  for (const next of ['k', 'M', 'G', 'T']) {
    if (scaled < 999.5) {
      break;
    }
    scaled /= 1000;
    suffix = next;
  }
  return trimmed(scaled, suffix !== '' && scaled < 9.95 ? 1 : 0) + suffix;
}

/** `336776` → `336,776`. */
export function exact(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `10` → `10 GB`, `0.5` → `500 MB`: of 10⁹ bytes, as plans count. */
export function gigabytes(value: number): string {
  const [scaled, unit] = value < 1 ? [value * 1000, 'MB'] : [value, 'GB'];
  return `${scaled.toLocaleString('en-US', { maximumFractionDigits: 1 })} ${unit}`;
}

/** `(2, 'table')` → `2 tables`. */
export function plural(value: number, noun: string): string {
  return `${exact(value)} ${value === 1 ? noun : `${noun}s`}`;
}

function trimmed(value: number, digits: number): string {
  return value.toFixed(digits).replace(/\.0$/, '');
}
