import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ClusterDescriptor } from '../cluster/descriptor.ts';
import type { Requirement } from '../requirement.ts';
import { type ConnectionMatrix, type Result, connectionMatrix, requirementText } from '../run-record.ts';
import { type RunPlan, planVariable } from '../run-plan.ts';
import { basisOf } from '../verdict.ts';
import type { Work } from '../work.ts';
import { matrixFilePrefix } from '../vantage/matrix.ts';
import { type CheckOutcomes, decidedMark, leftMark, outcomesVariable } from './reporter.ts';

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
}

/** After its deadline the runner may take so long to explain and to undo; then it is ended. */
const afterDeadlineMs = 180_000;

/** Runs the checks of the selected requirements at the admin workstation; there is one result for each of them, whatever happens. */
export async function runChecks(options: RunOptions, work: Work): Promise<RunOutcome> {
  work.signal.throwIfAborted();
  if (options.selected.length === 0) return { results: [], matrices: [], left: [] };
  const folder = await mkdtemp(join(tmpdir(), 'conform-run-'));
  try {
    const startedAt = new Date();
    const outcomes = join(folder, 'outcomes.json');
    const plan = await writePlan(options, folder);
    const { lastLines, left } = await runVitest(options, { [planVariable]: plan, [outcomesVariable]: outcomes }, work);
    work.signal.throwIfAborted();
    return { results: complete(options, await readOutcomes(outcomes, lastLines), startedAt), matrices: await readMatrices(folder), left };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writePlan({ runId, command, cluster, selected, journal, deadlineMs, leaseWaitSeconds }: RunOptions, folder: string): Promise<string> {
  const files = { descriptor: join(folder, 'cluster.json'), plan: join(folder, 'plan.json') };
  await writeFile(files.descriptor, JSON.stringify(cluster), { mode: 0o600 });
  const plan: RunPlan = { runId, command, selected: selected.map(({ id }) => id), cluster: files.descriptor, journal, folder, endsAt: Date.now() + deadlineMs, leaseWaitSeconds };
  await writeFile(files.plan, JSON.stringify(plan));
  return files.plan;
}

/** Returns the last lines that the runner printed, and what it could not undo. */
async function runVitest({ cluster, selected, config, deadlineMs }: RunOptions, environment: Record<string, string>, work: Work): Promise<{ lastLines: string; left: string[] }> {
  const vitest = fileURLToPath(import.meta.resolve('vitest/package.json')).replace('package.json', 'vitest.mjs');
  const pattern = `^(${selected.map(({ id }) => id).join('|')})$`;
  const [program, ...args] = [...cluster.runner, process.execPath, vitest, 'run', '--config', config, '--testNamePattern', pattern];
  const child = spawn(program, args, { env: { ...process.env, ...environment, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = (): void => void child.kill('SIGTERM');
  const overdue = setTimeout(() => void child.kill('SIGKILL'), deadlineMs + afterDeadlineMs);
  work.signal.addEventListener('abort', stop, { once: true });
  const lastLines: string[] = [];
  const left: string[] = [];
  const ids = new Set(selected.map(({ id }) => id));
  let decided = 0;
  const take = (line: string): void => {
    lastLines.push(line);
    if (lastLines.length > 40) lastLines.shift();
    if (line.startsWith(leftMark)) left.push(line.slice(leftMark.length));
    if (line.startsWith('lease: ')) work.say(line);
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
  return { lastLines: lastLines.join('\n'), left };
}

async function readOutcomes(file: string, lastLines: string): Promise<CheckOutcomes> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as CheckOutcomes;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { results: [], failures: [], errors: [`the runner ended without outcomes; its last lines: ${lastLines}`] };
  }
}

async function readMatrices(folder: string): Promise<ConnectionMatrix[]> {
  const files = (await readdir(folder)).filter((name) => name.startsWith(matrixFilePrefix)).toSorted();
  return Promise.all(files.map(async (name) => connectionMatrix.parse(JSON.parse(await readFile(join(folder, name), 'utf8')))));
}

/** A requirement without a result is inconclusive with the reason, never silently missing. */
function complete({ cluster, selected }: RunOptions, outcomes: CheckOutcomes, startedAt: Date): Result[] {
  return selected.map((requirement) => {
    const [result, second] = outcomes.results.filter((candidate) => candidate.requirement.id === requirement.id);
    if (second !== undefined) return undecided(requirement, 'two checks have this ID, and only one may decide');
    return result ?? undecided(requirement, outcomes.failures.find((failure) => failure.requirement === requirement.id)?.reason);
  });

  function undecided(requirement: Requirement, why: string | undefined): Result {
    const reason = why ?? (outcomes.errors.join('; ') || 'no check with this name was found');
    return resultWithout(requirement, cluster, startedAt, { kind: 'inconclusive', reason: `could not look: ${reason}`, next: 'diagnosis.txt beside the report; then rerun' });
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
