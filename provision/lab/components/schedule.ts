/** What one program costs, in seconds of one quiet processor. */
export interface ProgramCost {
  /** Packages that the programs before it, of its upstream or of a bigger one, have not compiled already. */
  readonly packages: number;
  /** All of these packages. */
  readonly compile: number;
  /** The longest chain among them, each needing the one before: no number of processors compiles them faster. */
  readonly chain: number;
  /** The linker, which uses about one processor. */
  readonly link: number;
}

/** An upstream with the programs that are still to be built, one after the other. */
export interface PlannedUpstream {
  readonly name: string;
  readonly programs: readonly ProgramCost[];
}

/** How a machine is used. */
export interface Parallelism {
  readonly processors: number;
  /** Upstreams at a time. */
  readonly lanes: number;
  /** Packages that one `go build` compiles at a time (its -p). */
  readonly packagesAtATime: number;
}

/** Room for a lane's compilers and its linker; chosen here, on the safe side, and not measured. */
const gibPerLane = 3;

/**
 * Two upstreams at a time at least: one's link and its chains of packages, which leave processors idle, are filled by the other's
 * packages. Beyond that one for two processors, as far as the memory goes.
 */
export function parallelismOf({ processors, memoryGiB }: { processors: number; memoryGiB: number }): Parallelism {
  const lanes = Math.max(2, Math.min(Math.ceil(processors / 2), Math.floor(memoryGiB / gibPerLane)));
  return { processors, lanes, packagesAtATime: Math.max(2, Math.ceil((2 * processors) / lanes)) };
}

/** Longest first: what is begun last must be short, or all processors but one wait for it. */
export function longestFirst<T extends PlannedUpstream>(upstreams: readonly T[], parallelism: Parallelism): T[] {
  const alone = (upstream: T): number => secondsOf([upstream], { ...parallelism, lanes: 1 });
  const seconds = new Map(upstreams.map((upstream) => [upstream, alone(upstream)]));
  return upstreams.toSorted((one, other) => (seconds.get(other) ?? 0) - (seconds.get(one) ?? 0));
}

/** All the work of some upstreams, in seconds of one processor. */
export function workOf(upstreams: readonly PlannedUpstream[]): number {
  return upstreams.flatMap(({ programs }) => programs).reduce((sum, { compile, link }) => sum + compile + link, 0);
}

/** A piece of work that uses up to so many processors at once. */
interface Stage {
  readonly atMost: number;
  left: number;
}

/**
 * How long the upstreams take in this order on so many quiet processors, in seconds. The pieces of work that run at the same time
 * share the processors evenly, and none uses more than it can.
 */
export function secondsOf(upstreams: readonly PlannedUpstream[], { processors, lanes, packagesAtATime }: Parallelism): number {
  const queue = upstreams.map(({ programs }) => programs.flatMap((program) => stagesOf(program, packagesAtATime)));
  const running: Stage[][] = [];
  let elapsed = 0;
  for (;;) {
    while (running.length < lanes && queue.length > 0) running.push(queue.shift() ?? []);
    const stages = running.flatMap(([stage]) => (stage === undefined ? [] : [stage]));
    if (stages.length === 0 && queue.length === 0) return elapsed;
    const shares = shareOut(stages, processors);
    const step = stages.length === 0 ? 0 : Math.min(...stages.map((stage) => stage.left / (shares.get(stage) ?? 1)));
    elapsed += step;
    for (const stage of stages) stage.left -= step * (shares.get(stage) ?? 0);
    for (const lane of running) if (lane[0] !== undefined && lane[0].left < 1e-6) lane.shift();
    for (const lane of running.filter(({ length }) => length === 0)) running.splice(running.indexOf(lane), 1);
  }
}

function stagesOf({ compile, chain, link }: ProgramCost, packagesAtATime: number): Stage[] {
  const stages = [
    { left: compile, atMost: Math.min(packagesAtATime, Math.max(1, compile / Math.max(chain, 1e-3))) },
    { left: link, atMost: 1 },
  ];
  return stages.filter(({ left }) => left > 0);
}

/** Processors of each stage: an even share, and what some cannot use goes to the others. */
function shareOut(stages: readonly Stage[], processors: number): Map<Stage, number> {
  const shares = new Map<Stage, number>();
  let [left, waiting] = [processors, stages.length];
  for (const stage of stages.toSorted((one, other) => one.atMost - other.atMost)) {
    const share = Math.min(stage.atMost, left / waiting);
    shares.set(stage, share);
    left -= share;
    waiting -= 1;
  }
  return shares;
}
