/** What the panel knows and how it keeps up: the one place that asks the server. */

import { Poll } from '@lumino/polling';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';
import type { IDisposable } from '@lumino/disposable';

import type { Client } from '../api/client.js';
import { asApiError } from '../api/errors.js';
import type { ApiError } from '../api/errors.js';
import { dropped } from '../api/lifecycle.js';
import type { Contents, Database, Dump, Plan, Platform, Tenant } from '../api/nouns.js';
import { may } from '../api/rights.js';
import {
  allDatabases,
  databaseId,
  idOf,
  openDatabases,
  openTenants,
  tenantId,
  withFirstSeen
} from './known.js';
import type { Answer, Known } from './known.js';
import { atMost, nextDelay, QUICK } from './pace.js';
import type { Outcome } from './pace.js';
import { rowsOf } from './rows.js';
import type { Row } from './rows.js';

/** What is drawn: what is known, plus where the person is. Never changed in place. */
export interface View extends Known {
  rows: readonly Row[];
  /** The id of the row with the focus. */
  active: string | null;
  /** Who asks, and whom; null until the first answer. */
  platform: Platform | null;
  /** What tenants may use, by subdomain: of those that were looked at. */
  limits: ReadonlyMap<string, Answer<Plan>>;
  /** The last dumps of their dropped databases, likewise. */
  dropped: ReadonlyMap<string, Answer<readonly Dump[]>>;
  /** Why the last look failed; null while it did not. What was known before stays known. */
  problem: ApiError | null;
}

/** What a person opened, by row id: what survives a reload of the page. */
export type Opened = Record<string, boolean>;

/** What the rows do not depend on. */
const UNDRAWN: ReadonlySet<keyof View> = new Set([
  'active',
  'problem',
  'platform',
  'limits',
  'dropped'
] as const);

/** How many requests of one kind are under way at a time. */
const AT_A_TIME = 4;

export class Model implements IDisposable {
  /**
   * @param client asks the server.
   * @param visible whether anybody could see the panel; nothing is asked while not.
   * @param remember is given what is open whenever that changes.
   */
  constructor(
    readonly client: Client,
    visible: () => boolean,
    private readonly remember: (opened: Opened) => void
  ) {
    this.poll = new Poll({
      name: 'jupyter-dbaas:sidebar',
      auto: false,
      factory: () => (this.held > 0 ? this.looking : (this.looking = this.look())),
      frequency: { interval: QUICK, backoff: false, max: 60_000 },
      standby: () => (visible() ? 'when-hidden' : true)
    });
  }

  get view(): View {
    return this.current;
  }

  get changed(): ISignal<this, void> {
    return this.changedSignal;
  }

  get isDisposed(): boolean {
    return this.poll.isDisposed;
  }

  dispose(): void {
    this.poll.dispose();
    Signal.clearData(this);
  }

  /** Opens again what was open before. Only before the first look. */
  restore(opened: Opened): void {
    this.update({ opened: new Map(Object.entries(opened)) });
  }

  /** Looks now, and often for a while: something was, or may have been, done. */
  refresh(): void {
    this.delay = QUICK;
    void this.poll.refresh();
  }

  focus(id: string | null): void {
    if (id !== this.current.active) {
      this.update({ active: id });
      const tenant = this.lookedAt;
      if (tenant !== null && !this.current.limits.has(tenant)) {
        this.refresh();
      }
    }
  }

  open(id: string, open: boolean): void {
    if (this.current.search === '') {
      const opened = new Map(this.current.opened).set(id, open);
      this.update({ opened, active: id });
      this.remember(Object.fromEntries(opened));
    } else {
      this.update({ found: new Map(this.current.found).set(id, open), active: id });
      this.wanted.add(id);
    }
    if (open) {
      this.refresh();
    }
  }

  /** Shows only what fits, and looks into databases that were not looked into yet; nothing typed shows everything. */
  search(typed: string): void {
    const search = typed.trim();
    if (search === this.current.search) {
      return;
    }
    const began = this.current.search === '';
    this.update({ search, found: new Map() });
    if (search !== '' && began) {
      this.looked.clear();
      this.refresh();
    }
  }

  /** Looks into those, asleep or not. */
  wake(databases: readonly Database[]): void {
    databases.forEach(database => this.wanted.add(idOf(database)));
    this.refresh();
  }

  /** The contents of a database, asked for now if they are not known. Rejects with an `ApiError`. */
  async contentsOf(database: Database): Promise<Contents> {
    const known = this.current.contents.get(idOf(database))?.value;
    return known ?? (await this.client.contents(database.tenant, database.name));
  }

  /** Puts the focus on a new thing, inside its opened tenant; it appears with the next look. */
  reveal(tenant: string, database?: string): void {
    const id = database === undefined ? tenantId(tenant) : databaseId(tenant, database);
    const opened = new Map(this.current.opened).set(tenantId(tenant), true);
    this.awaited = id;
    this.update({ opened });
    this.refresh();
  }

  /** Does what a look must not see half done, such as dropping: none is under way meanwhile, and one follows. */
  async undisturbed<T>(work: () => Promise<T>): Promise<T> {
    this.held += 1;
    try {
      await this.looking;
      return await work();
    } finally {
      this.held -= 1;
      this.refresh();
    }
  }

  get activeRow(): Row | null {
    return this.current.rows.find(row => row.id === this.current.active) ?? null;
  }

  private async look(): Promise<void> {
    let outcome: Outcome;
    const began = performance.now();
    try {
      outcome = (await this.fetch()) ? 'changed' : 'same';
      if (this.current.problem) {
        this.update({ problem: null });
      }
    } catch (thrown) {
      outcome = 'failed';
      // Whoever answers next may be another platform, or know the person by another name.
      this.platformKnown = false;
      this.update({ problem: asApiError(thrown) });
    }
    this.delay = nextDelay(this.delay, outcome, performance.now() - began);
    if (!this.poll.isDisposed) {
      this.poll.frequency = { interval: this.delay, backoff: false, max: 60_000 };
    }
  }

  /** Asks for everything on view; tells whether anything was new. Rejects when nobody answers. */
  private async fetch(): Promise<boolean> {
    const before = this.current;
    const [tenants, platform] = await Promise.all([
      this.client.tenants(),
      before.platform && this.platformKnown ? before.platform : this.client.platform()
    ]);
    this.platformKnown = true;
    let changed = this.update({
      platform: kept(before.platform, platform),
      tenants: kept(before.tenants, tenants),
      opened: withFirstSeen(this.current.opened, tenants)
    });

    const { lookedAt } = this;
    const shown = new Set(openTenants(this.current));
    tenants.filter(({ subdomain }) => subdomain === lookedAt).forEach(tenant => shown.add(tenant));
    const databases = new Map(
      await atMost(AT_A_TIME, [...shown], async ({ subdomain }) => {
        const last = this.current.databases.get(subdomain);
        return [subdomain, await answered(last, () => this.client.databases(subdomain))] as const;
      })
    );
    changed = this.update({ databases: keptMap(this.current.databases, databases) }) || changed;
    changed = (await this.askAbout(tenants)) || changed;

    const contents = new Map(
      await atMost(AT_A_TIME, this.toLookInto(), async database => {
        const last = this.current.contents.get(idOf(database));
        // Opening a sleeping database wakes it; looking again at one that fell asleep must not.
        const answer =
          database.state === 'sleeping' && last?.value
            ? last
            : await answered(last, () => this.client.contents(database.tenant, database.name));
        return [idOf(database), answer] as const;
      })
    );
    this.wanted.clear();
    changed = this.update({ contents: keptMap(this.current.contents, contents) }) || changed;
    if (this.awaited !== null && this.current.rows.some(row => row.id === this.awaited)) {
      this.update({ active: this.awaited });
      this.awaited = null;
    }
    return changed;
  }

  /** What is told only of the tenant that is looked at; tells whether anything was new. */
  private async askAbout(tenants: readonly Tenant[]): Promise<boolean> {
    const tenant = tenants.find(({ subdomain }) => subdomain === this.lookedAt);
    if (!tenant) {
      return false;
    }
    const { limits, dropped: last } = this.current;
    const of = tenant.subdomain;
    const [limit, gone] = await Promise.all([
      answered(limits.get(of), async () => (await this.client.tenant(of)).limits),
      may(tenant, 'own') ? answered(last.get(of), () => dropped(this.client.send, of)) : null
    ]);
    return this.update({
      limits: keptMap(this.current.limits, new Map([[of, limit]])),
      ...(gone && { dropped: keptMap(this.current.dropped, new Map([[of, gone]])) })
    });
  }

  /** The tenant whose row has the focus. */
  private get lookedAt(): string | null {
    const subject = this.activeRow?.subject;
    return subject?.kind === 'tenant' ? subject.tenant.subdomain : null;
  }

  /** What is open, and what a search would miss otherwise: each closed database once per search. */
  private toLookInto(): Database[] {
    const view = this.current;
    const closed = view.search === '' ? [] : allDatabases(view);
    const searched = closed.filter(database =>
      database.state === 'ready' ? !this.looked.has(idOf(database)) : this.wanted.has(idOf(database))
    );
    searched.forEach(database => this.looked.add(idOf(database)));
    return [...new Set([...openDatabases(view), ...searched])];
  }

  /** Takes a change over, draws, and tells whether it was one. */
  private update(change: Partial<View>): boolean {
    const keys = Object.keys(change) as (keyof View)[];
    if (this.isDisposed || keys.every(key => this.current[key] === change[key])) {
      return false;
    }
    const next = { ...this.current, ...change };
    // The rows are many, and only where the focus is changes most often.
    const moved = keys.every(key => UNDRAWN.has(key));
    const rows = moved ? this.current.rows : rowsOf(next);
    this.current = { ...next, rows, active: nearest(this.current, rows, next.active) };
    this.changedSignal.emit();
    return true;
  }

  private current: View = {
    tenants: null,
    databases: new Map(),
    contents: new Map(),
    opened: new Map(),
    search: '',
    found: new Map(),
    rows: [],
    active: null,
    platform: null,
    limits: new Map(),
    dropped: new Map(),
    problem: null
  };
  /** Whether that platform is still the one that answers, as far as anybody can tell. */
  private platformKnown = false;
  private awaited: string | null = null;
  /** Databases that somebody wants looked into although they sleep. */
  private readonly wanted = new Set<string>();
  /** Databases that were looked into since the search began. */
  private readonly looked = new Set<string>();
  private delay = QUICK;
  /** The last look; does not reject. */
  private looking: Promise<void> = Promise.resolve();
  /** How much goes on that is not to be looked at. */
  private held = 0;
  private readonly poll: Poll;
  private readonly changedSignal = new Signal<this, void>(this);
}

/** Asks; on failure what was known stays beside the problem, except that a lost connection is everybody's. */
async function answered<T>(last: Answer<T> | undefined, ask: () => Promise<T>): Promise<Answer<T>> {
  try {
    const value = await ask();
    return value === last?.value && !last.problem ? last : { value, problem: null };
  } catch (thrown) {
    const problem = asApiError(thrown);
    if (problem.kind === 'offline') {
      throw problem;
    }
    return { value: last?.value ?? null, problem };
  }
}

/** The old value when the new one says the same, so that what did not change is not drawn again. */
function kept<T>(last: T, next: T): T {
  return last === next || JSON.stringify(last) === JSON.stringify(next) ? last : next;
}

function keptMap<T>(last: ReadonlyMap<string, T>, next: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  let same = true;
  const merged = new Map(last);
  for (const [key, value] of next) {
    const old = last.get(key);
    const chosen = old === undefined ? value : kept(old, value);
    same &&= chosen === old;
    merged.set(key, chosen);
  }
  return same ? last : merged;
}

/** Where the focus goes when its row is gone: to the row that took its place. */
function nearest(before: View, rows: readonly Row[], active: string | null): string | null {
  if (active === null || rows.some(row => row.id === active)) {
    return active;
  }
  const place = before.rows.findIndex(row => row.id === active);
  return place < 0 ? null : (rows[Math.min(place, rows.length - 1)]?.id ?? null);
}
