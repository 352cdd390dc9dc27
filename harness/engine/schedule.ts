import type { Requirement } from './requirement.ts';

export interface Job extends Pick<Requirement, 'id' | 'kind'> {
  /** Resources that it shares; checks that use one run beside each other. */
  readonly uses: readonly string[];
  /** Resources that it changes; a check that changes one runs without all others that use or change it. */
  readonly changes: readonly string[];
}

type State = 'waiting' | 'running' | 'ended';

interface Entry {
  readonly job: Job;
  readonly turn: Turn;
  readonly start: () => void;
  state: State;
}

/**
 * `first`: beside others. `again`: what could not look or met nothing but time-outs, once more, alone. `disruptive`: alone. `power`: alone and last, for
 * the pods of a node that was off have other addresses afterwards, those of fixtures too; whether it is called disruptive or long.
 * A turn begins when nothing of the turns before it is left.
 */
const turns = ['first', 'again', 'disruptive', 'power'] as const;
type Turn = (typeof turns)[number];

/**
 * Measured once for all that read it, and on a busy machine attempts run into their time-out by the prober's own doing: until it
 * is there, only those start that read it.
 */
const measuredAlone = 'connection-matrix';

/** Decides which check may run when, so that none disturbs another. */
export class Schedule {
  readonly #entries: Entry[] = [];
  /** How many have been run again, by the limit that let them. */
  readonly #again = new Map<number, number>();
  /** Checks that will come, and are not there yet: later turns wait for them. */
  readonly #expected: Map<string, Turn>;
  readonly #most: number;
  /** Those that wait for what is measured alone; nobody any more when it has been. */
  readonly #readers: Set<string>;

  constructor(expected: readonly Job[], most: number) {
    this.#expected = new Map(expected.map((job) => [job.id, firstTurn(job)]));
    this.#readers = new Set(expected.filter((job) => firstTurn(job) === 'first' && job.uses.includes(measuredAlone)).map(({ id }) => id));
    this.#most = most;
  }

  /** What is measured alone has been, or could not be: all others may start. */
  measured(): void {
    this.#readers.clear();
    this.#pump();
  }

  /**
   * Runs a check when its turn has come; once more, alone, where its outcome asks for that: `mostBefore` says how many may have
   * been run again by that limit before it still is, 0 that it is not. Those that read what is measured alone are not counted:
   * one more measurement serves them all. Returns the last outcome.
   */
  async run<T>(job: Job, body: () => Promise<T>, mostBefore: (outcome: T) => number): Promise<T> {
    const { outcome, isAgain } = await this.#take(job, firstTurn(job), body, (ended) =>
      firstTurn(job) === 'first' ? mostBefore(ended) : 0,
    );
    return isAgain ? (await this.#take(job, 'again', body, () => 0)).outcome : outcome;
  }

  async #take<T>(
    job: Job,
    turn: Turn,
    body: () => Promise<T>,
    mostBefore: (outcome: T) => number,
  ): Promise<{ outcome: T; isAgain: boolean }> {
    const entry = await this.#started(job, turn);
    try {
      const outcome = await body();
      const isAgain = this.#mayAgain(job, mostBefore(outcome));
      // Announced before this entry ends, so that the disruptive checks do not begin in between.
      if (isAgain) this.#expectAgain(job);
      return { outcome, isAgain };
    } finally {
      entry.state = 'ended';
      this.#readers.delete(job.id);
      this.#pump();
    }
  }

  #mayAgain({ uses }: Job, most: number): boolean {
    if (most === 0) return false;
    if (uses.includes(measuredAlone)) return true;
    const before = this.#again.get(most) ?? 0;
    if (before >= most) return false;
    this.#again.set(most, before + 1);
    return true;
  }

  #expectAgain({ id }: Job): void {
    this.#expected.set(id, 'again');
  }

  async #started(job: Job, turn: Turn): Promise<Entry> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const entry: Entry = { job, turn, start: resolve, state: 'waiting' };
    this.#entries.push(entry);
    this.#expected.delete(job.id);
    this.#pump();
    await promise;
    return entry;
  }

  #pump(): void {
    // The long ones first: the end of the run waits for them.
    const waiting = this.#entries.filter(({ state }) => state === 'waiting').toSorted((one, other) => weight(one.job) - weight(other.job));
    for (const entry of waiting) {
      if (!this.#mayStart(entry)) continue;
      entry.state = 'running';
      entry.start();
    }
  }

  #mayStart({ job, turn }: Entry): boolean {
    const running = this.#entries.filter(({ state }) => state === 'running');
    const most = turn === 'first' ? this.#most : 1;
    if (running.length >= most || this.#isBefore(turn) || (this.#readers.size > 0 && !this.#readers.has(job.id))) return false;
    return running.every(({ job: other }) => agree(job, other));
  }

  /** Whether something of an earlier turn is still to be done. */
  #isBefore(turn: Turn): boolean {
    const earlier = turns.slice(0, turns.indexOf(turn));
    return (
      [...this.#expected.values()].some((each) => earlier.includes(each)) ||
      this.#entries.some((entry) => entry.state !== 'ended' && earlier.includes(entry.turn))
    );
  }
}

function firstTurn({ kind, changes }: Pick<Job, 'kind' | 'changes'>): Turn {
  if (changes.includes('node-power')) return 'power';
  return kind === 'disruptive' ? 'disruptive' : 'first';
}

function weight({ kind }: Job): number {
  return kind === 'long' ? 0 : 1;
}

function agree(one: Job, other: Job): boolean {
  const touched = (job: Job): readonly string[] => [...job.uses, ...job.changes];
  return !one.changes.some((each) => touched(other).includes(each)) && !other.changes.some((each) => touched(one).includes(each));
}
