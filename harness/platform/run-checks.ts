import { documentedCluster } from '../../guide/cluster.ts';
import { fileURLToPath } from 'node:url';
import type { ClusterDescriptor } from './descriptor.ts';
import type { Requirement } from '../engine/requirement.ts';
import { type ConnectionMatrix, type OwnAccess, type Result, requirementText } from '../engine/run-record.ts';
import type { RunPlan } from './run-plan.ts';
import { type ClusterSurvey, unknownSurvey } from '../engine/survey.ts';
import { basisOf } from '../engine/verdict.ts';
import type { Work } from '../engine/work.ts';
import { type Ending, converse } from '../engine/runner/conversation.ts';
import type { RunEvent } from '../engine/runner/events.ts';
import { resultFor, toldBy } from '../engine/runner/told.ts';

export interface RunOptions {
  readonly runId: string;
  readonly command: string;
  readonly cluster: ClusterDescriptor;
  readonly selected: readonly Requirement[];
  /** The Vitest configuration of the checks. */
  readonly config: string;
  /** File of the journal, which exists and has its header. */
  readonly journal: string;
  readonly deadlineMs: number;
  readonly leaseWaitSeconds: number;
  /** Is told of everything that the runner tells, as it comes. */
  readonly listen?: ((event: RunEvent) => void) | undefined;
}

export interface RunOutcome {
  readonly results: Result[];
  readonly matrices: ConnectionMatrix[];
  readonly survey: ClusterSurvey;
  readonly access: OwnAccess;
  /** Whether the user ended it: what was not decided by then is inconclusive. */
  readonly isInterrupted: boolean;
}

/** After its deadline the runner may take so long to explain and to undo; then it is ended. */
const afterDeadlineMs = 180_000;

/**
 * Runs the checks of the selected requirements at the admin workstation; there is one result for each of them, whatever happens.
 * Throws a Problem when the run could not begin.
 */
export async function runChecks(options: RunOptions, work: Work): Promise<RunOutcome> {
  work.signal.throwIfAborted();
  const startedAt = new Date();
  if (options.selected.length === 0) return nothingToDecide(startedAt);
  const events: RunEvent[] = [];
  const progress = new Progress(options.selected, work);
  const { lastLines } = await runVitest(options, work.signal, (event) => {
    events.push(event);
    progress.take(event);
    options.listen?.(event);
  });
  const told = toldBy(events);
  if (told.refusal !== undefined) throw told.refusal;
  const isInterrupted = work.signal.aborted;
  const whyNoMore = isInterrupted ? 'the run was interrupted' : `the runner ended before it; its last lines: ${lastLines}`;
  const results = options.selected.map((requirement) => {
    const result = resultFor(requirement, told, whyNoMore);
    return 'verdict' in result ? result : undecided(requirement, options.cluster, { startedAt, reason: result.reason, isInterrupted });
  });
  const survey = told.survey ?? unknownSurvey(startedAt.toISOString(), 'the run ended before the cluster had answered');
  return { results, matrices: [...told.matrices], survey, access: told.access, isInterrupted };
}

function nothingToDecide(startedAt: Date): RunOutcome {
  const survey = unknownSurvey(startedAt.toISOString(), 'it was not asked, for there was nothing to decide');
  return { results: [], matrices: [], survey, access: { fallbacks: [], retries: [] }, isInterrupted: false };
}

/** The C library keeps memory apart for each thread, eight times as many as processors (mallopt(3), M_ARENA_MAX). */
const fewArenas = { MALLOC_ARENA_MAX: '2' };

async function runVitest(options: RunOptions, signal: AbortSignal, take: (event: RunEvent) => void): Promise<Ending> {
  const { runId, command, cluster, selected, config, journal, deadlineMs, leaseWaitSeconds } = options;
  const vitest = fileURLToPath(import.meta.resolve('vitest/package.json')).replace('package.json', 'vitest.mjs');
  const pattern = `^(${selected.map(({ id }) => id).join('|')})$`;
  const plan: RunPlan = {
    runId,
    command,
    selected: selected.map(({ id }) => id),
    cluster,
    journal,
    endsAt: Date.now() + deadlineMs,
    leaseWaitSeconds,
  };
  return converse(
    {
      command: [...cluster.runner, process.execPath, vitest, 'run', '--config', config, '--testNamePattern', pattern],
      task: plan,
      environment: { ...fewArenas, NO_COLOR: '1' },
      signal,
      deadlineMs: deadlineMs + afterDeadlineMs,
    },
    take,
  );
}

/** Says in one line how far a run is. */
class Progress {
  readonly #ids: ReadonlySet<string>;
  readonly #work: Work;
  #decided = 0;

  constructor(selected: readonly Requirement[], work: Work) {
    this.#ids = new Set(selected.map(({ id }) => id));
    this.#work = work;
  }

  take(event: RunEvent): void {
    if (event.kind === 'lease-waiting') this.#work.say(`lease: ${event.text}`);
    if (event.kind === 'fallback') this.#work.say(`the API is reached at ${event.endpoint}: ${event.reason}`);
    if (event.kind !== 'decided' || !this.#ids.has(event.result.requirement.id)) return;
    this.#decided += 1;
    const { requirement, verdict, durationMs } = event.result;
    this.#work.say(
      `${this.#decided} of ${this.#ids.size}: ${verdict.kind.padEnd(12)} ${requirement.id} (${(durationMs / 1000).toFixed(1)} s)`,
    );
  }
}

/** A requirement without a result is inconclusive with the reason, never silently missing. */
function undecided(
  requirement: Requirement,
  cluster: ClusterDescriptor,
  { startedAt, reason, isInterrupted }: { startedAt: Date; reason: string; isInterrupted: boolean },
): Result {
  return resultWithout(requirement, cluster, startedAt, {
    kind: 'inconclusive',
    reason: `could not look: ${reason}`,
    // Whoever interrupts does not wait for a diagnosis.
    next: isInterrupted ? 'rerun' : 'diagnosis.txt beside the report; then rerun',
  });
}

/** A result of a requirement whose check was not begun. */
export function resultWithout(requirement: Requirement, cluster: ClusterDescriptor, startedAt: Date, verdict: Result['verdict']): Result {
  return {
    requirement: requirementText(requirement, documentedCluster(cluster.profile)),
    verdict,
    basis: basisOf(requirement.needs, cluster.capabilities),
    errata: [],
    observations: [],
    attachments: [],
    series: [],
    touched: [],
    undeclared: [],
    attempts: 0,
    flaky: false,
    startedAt: startedAt.toISOString(),
    durationMs: 0,
  };
}
