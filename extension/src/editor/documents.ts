/** The queries that are open side by side, and what of them survives a reload: pure. */

export interface QueryDocument {
  id: string;
  name: string;
  text: string;
}

/** Never changed in place; there is always at least one document. */
export interface Documents {
  documents: readonly QueryDocument[];
  active: string;
}

export function noDocuments(): Documents {
  return { documents: [{ id: 'query-1', name: 'Query 1', text: '' }], active: 'query-1' };
}

export function activeDocument({ documents, active }: Documents): QueryDocument {
  const found = documents.find(one => one.id === active) ?? documents[0];
  if (!found) {
    throw new Error('A query editor without a query.');
  }
  return found;
}

/** A new document with this text, shown; the only one, if it is empty, takes the text instead. */
export function added(before: Documents, text: string): Documents {
  const current = activeDocument(before);
  if (text !== '' && current.text.trim() === '') {
    return changed(before, current.id, text);
  }
  const number = firstFree(before.documents.map(one => one.id));
  const made = { id: `query-${number}`, name: `Query ${number}`, text };
  return { documents: [...before.documents, made], active: made.id };
}

export function changed(before: Documents, id: string, text: string): Documents {
  return {
    ...before,
    documents: before.documents.map(one => (one.id === id && one.text !== text ? { ...one, text } : one))
  };
}

export function renamed(before: Documents, id: string, name: string): Documents {
  return { ...before, documents: before.documents.map(one => (one.id === id ? { ...one, name } : one)) };
}

/** Without the document; its neighbour is shown, or a new empty one. */
export function closed(before: Documents, id: string): Documents {
  const place = before.documents.findIndex(one => one.id === id);
  const documents = before.documents.filter(one => one.id !== id);
  const neighbour = documents[Math.min(place, documents.length - 1)];
  if (!neighbour) {
    return noDocuments();
  }
  return { documents, active: before.active === id ? neighbour.id : before.active };
}

/** What was saved may be from another version, or from somebody's hands. */
export function documentsFrom(saved: unknown): Documents {
  if (!isRecord(saved) || !Array.isArray(saved['documents'])) {
    return noDocuments();
  }
  const documents: QueryDocument[] = [];
  for (const one of saved['documents'] as unknown[]) {
    if (isRecord(one) && !documents.some(other => other.id === one['id'])) {
      const { id, name, text } = one;
      if (typeof id === 'string' && typeof name === 'string' && typeof text === 'string') {
        documents.push({ id, name, text });
      }
    }
  }
  const [first] = documents;
  if (!first) {
    return noDocuments();
  }
  const active = documents.find(one => one.id === saved['active']) ?? first;
  return { documents, active: active.id };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function firstFree(ids: readonly string[]): number {
  let number = 1;
  while (ids.includes(`query-${number}`)) {
    number += 1;
  }
  return number;
}
