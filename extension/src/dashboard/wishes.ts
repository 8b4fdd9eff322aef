/** What somebody wants to see of a database's dashboard. */
export interface Wish {
  /** A tab's id; null: wherever the person was. */
  tab: string | null;
  /** A statement to write into a new query; null: none. */
  text: string | null;
}

/** Hands things over to somebody who may have to be loaded first. */
export class Inbox<T> {
  put(item: T): void {
    if (this.take) {
      this.take(item);
    } else {
      this.waiting.push(item);
    }
  }

  /** From now on everything goes there, what waits first. */
  serve(take: (item: T) => void): void {
    this.take = take;
    this.waiting.splice(0).forEach(take);
  }

  private readonly waiting: T[] = [];
  private take: ((item: T) => void) | null = null;
}
