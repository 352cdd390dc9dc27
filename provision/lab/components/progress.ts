import { type Parallelism, type PlannedUpstream, type ProgramCost, secondsOf, workOf } from './schedule.ts';

/** A program that is to be built, with what it costs. */
interface PlannedProgram extends ProgramCost {
  /** `upstream/program`. */
  readonly title: string;
}

/** An upstream's programs, in the order in which they are built. */
export interface Plan extends PlannedUpstream {
  readonly programs: readonly PlannedProgram[];
}

interface State {
  readonly program: PlannedProgram;
  packages: number;
  phase: 'waiting' | 'building' | 'done';
}

interface Sample {
  readonly atMs: number;
  /** Seconds of one processor that were done by then, as the plan counts them. */
  readonly done: number;
}

/** The machine's speed is that of the last minutes, since other work on it comes and goes. */
const rememberMs = 10 * 60_000;

/** So many seconds at the planned speed are mixed in, so that the first packages alone decide nothing. */
const priorSeconds = 60;

/** Before this, nearly all of an estimate is the figures of another machine. */
const tellsOwnSpeedAfterMs = 60_000;

/** What is being built, what is left, and the time that it will take, for the progress line. */
export class BuildProgress {
  readonly #parallelism: Parallelism;
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #upstreams: readonly { readonly name: string; readonly states: readonly State[] }[];
  /** Processors that the plan keeps busy, on the average. */
  readonly #plannedSpeed: number;
  #samples: Sample[];

  /** `plans` in the order in which they will be begun. */
  constructor(plans: readonly Plan[], parallelism: Parallelism, now = Date.now) {
    this.#parallelism = parallelism;
    this.#now = now;
    this.#startedAt = now();
    this.#upstreams = plans.map(({ name, programs }) => ({
      name,
      states: programs.map((program) => ({ program, packages: 0, phase: 'waiting' })),
    }));
    this.#plannedSpeed = workOf(this.#rest()) / Math.max(secondsOf(this.#rest(), parallelism), 1e-3);
    this.#samples = [{ atMs: this.#startedAt, done: 0 }];
  }

  begin(title: string): void {
    this.#stateOf(title).phase = 'building';
  }

  /** The compiler begins with one more package of a program. */
  compiling(title: string): void {
    this.#stateOf(title).packages += 1;
  }

  end(title: string): void {
    this.#stateOf(title).phase = 'done';
  }

  /** Counts an upstream's programs that another process built in the meantime. */
  skipRest(upstream: string): void {
    for (const state of this.#upstreams.find(({ name }) => name === upstream)?.states ?? []) state.phase = 'done';
  }

  get isBuilding(): boolean {
    return this.#states().some(({ phase }) => phase === 'building');
  }

  /** The time that is left comes first, since a terminal may cut the line. */
  line(): string {
    const states = this.#states();
    const building = states.filter(({ phase }) => phase === 'building').map(({ program }) => program.title);
    const done = states.filter(({ phase }) => phase === 'done').length;
    const waiting = this.#upstreams.filter((upstream) => upstream.states.every(({ phase }) => phase === 'waiting')).map(({ name }) => name);
    const elapsedMs = this.#now() - this.#startedAt;
    return [
      this.#left(elapsedMs),
      `${done} of ${states.length} done in ${elapsed(elapsedMs)}`,
      `building ${building.join(' and ')}`,
      ...(waiting.length === 0 ? [] : [`then ${waiting.join(', ')}`]),
    ].join('; ');
  }

  /** Seconds that the rest will take, at the speed that this machine has had in the last minutes. */
  secondsLeft(): number {
    const sample = this.#measure();
    const [first = sample] = this.#samples;
    const took = (sample.atMs - first.atMs) / 1000;
    const planned = (sample.done - first.done) / this.#plannedSpeed;
    return (secondsOf(this.#rest(), this.#parallelism) * (took + priorSeconds)) / (planned + priorSeconds);
  }

  #left(elapsedMs: number): string {
    const source = elapsedMs < tellsOwnSpeedAfterMs ? ' by the figures of another machine' : '';
    return `${about(this.secondsLeft())} left${source}`;
  }

  #measure(): Sample {
    const sample = { atMs: this.#now(), done: this.#done() };
    const begins = this.#samples.findLastIndex(({ atMs }) => atMs <= sample.atMs - rememberMs);
    this.#samples = [...this.#samples.slice(Math.max(begins, 0)), sample];
    return sample;
  }

  #done(): number {
    const work = (program: ProgramCost): number => program.compile + program.link;
    return this.#states().reduce((sum, state) => sum + work(state.program) - work(left(state)), 0);
  }

  /** What is left, with the upstreams that are being built first. */
  #rest(): PlannedUpstream[] {
    const begun = this.#upstreams.toSorted((one, other) => Number(isBegun(other.states)) - Number(isBegun(one.states)));
    return begun
      .map(({ name, states }) => ({ name, programs: states.filter(({ phase }) => phase !== 'done').map(left) }))
      .filter(({ programs }) => programs.length > 0);
  }

  #states(): State[] {
    return this.#upstreams.flatMap(({ states }) => states);
  }

  #stateOf(title: string): State {
    const found = this.#states().find(({ program }) => program.title === title);
    if (found === undefined) throw new Error(`${title} was not planned`);
    return found;
  }
}

function isBegun(states: readonly State[]): boolean {
  return states.some(({ phase }) => phase === 'building');
}

/** What a program still costs. Its link counts until its end, because nothing tells how far a linker is. */
function left({ program, packages, phase }: State): ProgramCost {
  if (phase === 'waiting') return program;
  if (phase === 'done') return { packages: 0, compile: 0, chain: 0, link: 0 };
  const share = program.packages === 0 ? 0 : Math.max(0, 1 - packages / program.packages);
  return { packages: program.packages, compile: program.compile * share, chain: program.chain * share, link: program.link };
}

/** A time in words that promise no more than is known. */
function about(seconds: number): string {
  if (seconds < 90) return 'about a minute';
  return `about ${Math.round(seconds / 60)} min`;
}

function elapsed(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
