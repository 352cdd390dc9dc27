import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { descriptorVariable } from '../cluster/cluster.ts';
import type { ClusterDescriptor } from '../cluster/descriptor.ts';
import type { Requirement } from '../requirement.ts';
import type { Result } from '../run-record.ts';
import { basisOf } from '../verdict.ts';
import type { Work } from '../work.ts';
import { type CheckOutcomes, outcomesVariable } from './reporter.ts';

export interface RunOptions {
  readonly cluster: ClusterDescriptor;
  readonly selected: readonly Requirement[];
  /** The Vitest configuration of the checks. */
  readonly config: string;
}

/** Runs the checks of the selected requirements at the admin workstation; there is one result for each of them, whatever happens. */
export async function runChecks(options: RunOptions, work: Work): Promise<Result[]> {
  work.signal.throwIfAborted();
  const folder = await mkdtemp(join(tmpdir(), 'conform-run-'));
  try {
    const startedAt = new Date();
    const descriptor = join(folder, 'cluster.json');
    const outcomes = join(folder, 'outcomes.json');
    await writeFile(descriptor, JSON.stringify(options.cluster), { mode: 0o600 });
    const ended = await runVitest(options, { [descriptorVariable]: descriptor, [outcomesVariable]: outcomes }, work);
    work.signal.throwIfAborted();
    return complete(options, await readOutcomes(outcomes, ended), startedAt);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Returns the last lines that the runner printed. */
async function runVitest({ cluster, selected, config }: RunOptions, environment: Record<string, string>, work: Work): Promise<string> {
  const vitest = fileURLToPath(import.meta.resolve('vitest/package.json')).replace('package.json', 'vitest.mjs');
  const pattern = `^(${selected.map(({ id }) => id).join('|')})$`;
  const [program, ...args] = [...cluster.runner, process.execPath, vitest, 'run', '--config', config, '--testNamePattern', pattern];
  const child = spawn(program, args, { env: { ...process.env, ...environment, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = (): void => void child.kill('SIGTERM');
  work.signal.addEventListener('abort', stop, { once: true });
  const lastLines: string[] = [];
  let decided = 0;
  const follow = async (stream: NodeJS.ReadableStream): Promise<void> => {
    for await (const line of createInterface({ input: stream })) {
      lastLines.push(line);
      if (lastLines.length > 40) lastLines.shift();
      // The runner also tells of the checks that were not selected.
      if (!selected.some(({ id }) => line.includes(id))) continue;
      decided += 1;
      work.say(`${decided} of ${selected.length}: ${line.trim()}`);
    }
  };
  await Promise.all([follow(child.stdout), follow(child.stderr), once(child, 'exit')]);
  work.signal.removeEventListener('abort', stop);
  return lastLines.join('\n');
}

async function readOutcomes(file: string, lastLines: string): Promise<CheckOutcomes> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as CheckOutcomes;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { results: [], failures: [], errors: [`the runner ended without outcomes; its last lines: ${lastLines}`] };
  }
}

/** A requirement without a result is inconclusive with the reason, never silently missing. */
function complete({ cluster, selected }: RunOptions, outcomes: CheckOutcomes, startedAt: Date): Result[] {
  return selected.map((requirement) => {
    const [result, second] = outcomes.results.filter((candidate) => candidate.requirement.id === requirement.id);
    if (second !== undefined) return undecided(requirement, 'two checks have this ID, and only one may decide');
    return result ?? undecided(requirement, outcomes.failures.find((failure) => failure.requirement === requirement.id)?.reason);
  });

  function undecided({ id, suite, promise, guide, severity, kind, needs }: Requirement, why: string | undefined): Result {
    const reason = why ?? (outcomes.errors.join('; ') || 'no check with this name was found');
    return {
      requirement: { id, suite, promise, guide: [...guide], severity, kind, needs: [...needs] },
      verdict: { kind: 'inconclusive', reason: `could not look: ${reason}`, next: 'diagnosis.txt beside the report; then rerun' },
      basis: basisOf(needs, cluster.capabilities),
      errata: [],
      observations: [],
      startedAt: startedAt.toISOString(),
      durationMs: 0,
    };
  }
}
