/** Files that the browser saves. */

const ENDINGS: Readonly<Record<string, string>> = { inserts: 'sql', markdown: 'md', tsv: 'tsv' };

/** `('flights', 'markdown')` → `flights.md`; whatever a file system may dislike in a name is left out. */
export function fileName(name: string, format: string): string {
  const safe = name.replace(/[^\p{L}\p{N}._-]+/gu, '_').slice(0, 100);
  return `${safe === '' || safe === '_' ? 'rows' : safe}.${ENDINGS[format] ?? format}`;
}

/** Has the browser save a file. */
export function save(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The download has begun when this runs, and holds the content itself.
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 60_000);
}

/** A response's bytes, counted as they come. */
export async function received(response: Response, progress?: (bytes: number) => void): Promise<Blob> {
  if (!response.body) {
    return response.blob();
  }
  const reader = response.body.getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return new Blob(parts, { type: response.headers.get('Content-Type') ?? '' });
    }
    parts.push(value);
    bytes += value.byteLength;
    progress?.(bytes);
  }
}
