/** Times as the editor writes them. */

/** `8` → `8 ms`, `3210` → `3.2 s`, `125000` → `2:05 min`. */
export function elapsed(milliseconds: number): string {
  if (milliseconds < 1000) {
    return `${Math.round(milliseconds)} ms`;
  }
  if (milliseconds < 60_000) {
    return `${(Math.floor(milliseconds / 100) / 10).toFixed(1)} s`;
  }
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} min`;
}

/** The time today, otherwise the day as well. @param at ISO 8601, or milliseconds since 1970. */
export function moment(at: string | number, now: Date): string {
  const then = new Date(at);
  const time = then.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
  return then.toDateString() === now.toDateString() ? time : `${then.toLocaleDateString()} ${time}`;
}
