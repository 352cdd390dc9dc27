import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ClusterDescriptor } from '../../platform/descriptor.ts';
import { problemOf } from '../problem.ts';
import type { Requirement } from '../requirement.ts';
import { type ConnectionMatrix, type Result, connectionMatrix, requirementText } from '../run-record.ts';
import { type RunPlan, planVariable } from '../run-plan.ts';
import { basisOf } from '../verdict.ts';
import type { Work } from '../work.ts';
import { matrixFilePrefix } from '../../probe/matrix.ts';
import { decidedMark, leaseMark, leftMark, refusedMark } from './marks.ts';
import { type Outcome, outcomesVariable } from './reporter.ts';

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
}

export interface RunOutcome {
  readonly results: Result[];
  readonly matrices: ConnectionMatrix[];
  /** Changes to the cluster that could not be undone. */
  readonly left: string[];
  /** Whether the user ended it: what was not decided by then is inconclusive. */
  readonly isInterrupted: boolean;
}

/** After its deadline the runner may take so long to explain and to undo; then it is ended. */
const afterDeadlineMs = 180_000;

/** Runs the checks of the selected requirements at the admin workstation; there is one result for each of them, whatever happens. */
export async function runChecks(options: RunOptions, work: Work): Promise<RunOutcome> {
  work.signal.throwIfAborted();
  if (options.selected.length === 0) return { results: [], matrices: [], left: [], isInterrupted: false };
  const folder = await mkdtemp(join(tmpdir(), 'conform-run-'));
  try {
    const startedAt = new Date();
    const outcomes = join(folder, 'outcomes.jsonl');
    const plan = await writePlan(options, folder);
    const { lastLines, left } = await runVitest(options, { [planVariable]: plan, [outcomesVariable]: outcomes }, work);
    const isInterrupted = work.signal.aborted;
    const found = await readOutcomes(
      outcomes,
      isInterrupted ? 'the run was interrupted' : `the runner ended before it; its last lines: ${lastLines}`,
    );
    return { results: complete(options, found, startedAt), matrices: await readMatrices(folder), left, isInterrupted };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writePlan(
  { runId, command, cluster, selected, journal, deadlineMs, leaseWaitSeconds }: RunOptions,
  folder: string,
): Promise<string> {
  const files = { descriptor: join(folder, 'cluster.json'), plan: join(folder, 'plan.json') };
  await writeFile(files.descriptor, JSON.stringify(cluster), { mode: 0o600 });
  const plan: RunPlan = {
    runId,
    command,
    selected: selected.map(({ id }) => id),
    cluster: files.descriptor,
    journal,
    folder,
    endsAt: Date.now() + deadlineMs,
    leaseWaitSeconds,
  };
  await writeFile(files.plan, JSON.stringify(plan));
  return files.plan;
}

/** The nodes of a lab share this machine: V8 collects sooner, and does not keep what was needed once (node --v8-options). */
const smallHeap = ['--optimize-for-size', '--max-semi-space-size=4'];
/** The C library keeps memory apart for each thread, eight times as many as processors (mallopt(3), M_ARENA_MAX). */
const fewArenas = { MALLOC_ARENA_MAX: '2' };

/** Returns the last lines that the runner printed, and what it could not undo. */
async function runVitest(
  { cluster, selected, config, deadlineMs }: RunOptions,
  environment: Record<string, string>,
  work: Work,
): Promise<{ lastLines: string; left: string[] }> {
  const vitest = fileURLToPath(import.meta.resolve('vitest/package.json')).replace('package.json', 'vitest.mjs');
  const pattern = `^(${selected.map(({ id }) => id).join('|')})$`;
  const [program, ...args] = [
    ...cluster.runner,
    process.execPath,
    ...smallHeap,
    vitest,
    'run',
    '--config',
    config,
    '--testNamePattern',
    pattern,
  ];
  const child = spawn(program, args, {
    env: { ...process.env, ...environment, ...fewArenas, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = (): void => void child.kill('SIGTERM');
  const overdue = setTimeout(() => void child.kill('SIGKILL'), deadlineMs + afterDeadlineMs);
  work.signal.addEventListener('abort', stop, { once: true });
  const lastLines: string[] = [];
  const left: string[] = [];
  const ids = new Set(selected.map(({ id }) => id));
  let decided = 0;
  let refusal: string | undefined;
  const take = (line: string): void => {
    lastLines.push(line);
    if (lastLines.length > 40) lastLines.shift();
    if (line.startsWith(leftMark)) left.push(line.slice(leftMark.length));
    if (line.startsWith(leaseMark)) work.say(line);
    if (line.startsWith(refusedMark)) refusal ??= line.slice(refusedMark.length);
    // The runner also tells of the checks that were not selected.
    if (!line.startsWith(decidedMark) || !line.split(' ').some((word) => ids.has(word))) return;
    decided += 1;
    work.say(`${decided} of ${selected.length}: ${line.slice(decidedMark.length).trim()}`);
  };
  const follow = async (stream: NodeJS.ReadableStream): Promise<void> => {
    for await (const line of createInterface({ input: stream })) take(line);
  };
  await Promise.all([follow(child.stdout), follow(child.stderr), once(child, 'exit')]);
  clearTimeout(overdue);
  work.signal.removeEventListener('abort', stop);
  if (refusal !== undefined) throw problemOf(refusal);
  return { lastLines: lastLines.join('\n'), left };
}

/** What the runner told of each check, and, when it did not come to its end, why there is no more. */
async function readOutcomes(file: string, whyNoMore: string): Promise<Outcome[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return '';
  });
  // A line that was being written when the runner was ended has no end.
  const outcomes = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Outcome);
  return outcomes.some((outcome) => 'ended' in outcome) ? outcomes : [...outcomes, { error: whyNoMore }];
}

async function readMatrices(folder: string): Promise<ConnectionMatrix[]> {
  const files = (await readdir(folder)).filter((name) => name.startsWith(matrixFilePrefix)).toSorted();
  return Promise.all(files.map(async (name) => connectionMatrix.parse(JSON.parse(await readFile(join(folder, name), 'utf8')))));
}

/** A requirement without a result is inconclusive with the reason, never silently missing. */
function complete({ cluster, selected }: RunOptions, outcomes: readonly Outcome[], startedAt: Date): Result[] {
  return selected.map((requirement) => {
    const [result, second] = outcomes.flatMap((outcome) =>
      'result' in outcome && outcome.result.requirement.id === requirement.id ? [outcome.result] : [],
    );
    if (second !== undefined) return undecided(requirement, 'two checks have this ID, and only one may decide');
    return (
      result ??
      undecided(
        requirement,
        outcomes.flatMap((outcome) => ('reason' in outcome && outcome.requirement === requirement.id ? [outcome.reason] : []))[0],
      )
    );
  });

  function undecided(requirement: Requirement, why: string | undefined): Result {
    const reason =
      why ?? (outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : [])).join('; ') || 'no check with this name was found');
    return resultWithout(requirement, cluster, startedAt, {
      kind: 'inconclusive',
      reason: `could not look: ${reason}`,
      next: 'diagnosis.txt beside the report; then rerun',
    });
  }
}

/** A result of a requirement whose check was not begun. */
export function resultWithout(requirement: Requirement, cluster: ClusterDescriptor, startedAt: Date, verdict: Result['verdict']): Result {
  return {
    requirement: requirementText(requirement),
    verdict,
    basis: basisOf(requirement.needs, cluster.capabilities),
    errata: [],
    observations: [],
    attachments: [],
    series: [],
    attempts: 0,
    startedAt: startedAt.toISOString(),
    durationMs: 0,
  };
}
