import { readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { profiles } from '../guide/cluster.ts';
import { exitCode, Problem } from '../harness/engine/problem.ts';
import { type RunRecord, verdictKind } from '../harness/engine/run-record.ts';
import { didNotHold } from '../harness/engine/verdict.ts';
import { verdictsFolder } from './state.ts';

const remembered = z.object({
  runId: z.string(),
  at: z.string(),
  profile: z.enum(profiles),
  verdict: verdictKind,
  /** What a reader is told of it: what was seen, or why it was not looked at. */
  text: z.string(),
  errata: z.array(z.string()),
});
/** A step of the guide that failed when the cluster was built. */
const failedStep = z.object({ title: z.string(), erratum: z.string(), detail: z.string() });
const memory = z.object({
  schemaVersion: z.literal(2),
  cluster: z.string(),
  failedSteps: z.array(failedStep),
  results: z.record(z.string(), remembered),
});

export type Remembered = z.infer<typeof remembered>;
export type LastRun = z.infer<typeof memory>;

function fileOf(cluster: string): string {
  return join(verdictsFolder(), `${cluster}.json`);
}

/** What became of each requirement when it was last looked at, of every cluster that was. */
export function lastRuns(): LastRun[] {
  try {
    return readdirSync(verdictsFolder())
      .filter((file) => file.endsWith('.json'))
      .flatMap((file) => lastRun(file.replace(/\.json$/, '')) ?? []);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** What became of each requirement when it was last looked at on this cluster; undefined when it never was. */
export function lastRun(cluster: string): LastRun | undefined {
  try {
    return memory.parse(JSON.parse(readFileSync(fileOf(cluster), 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Problem(
      exitCode.usage,
      {
        expected: `the verdicts of the last run in ${fileOf(cluster)}`,
        saw: 'a file that cannot be read',
        next: 'delete it, and run without --failed',
      },
      error,
    );
  }
}

/** The requirements that were broken or inconclusive when they were last looked at. */
export function notHeld(run: LastRun | undefined): string[] {
  return Object.entries(run?.results ?? {}).flatMap(([id, { verdict }]) => (didNotHold({ kind: verdict }) ? [id] : []));
}

/** Keeps the verdicts of a run under the cluster's name; those of requirements that it did not look at stay. The folder is there (prepareState). */
export function rememberRun(cluster: string, { run, cluster: { profile, steps }, results }: RunRecord): void {
  const before = readOrForget(cluster);
  const now = results.map(({ requirement, verdict, errata, startedAt }): [string, Remembered] => [
    requirement.id,
    { runId: run.id, at: startedAt, profile, verdict: verdict.kind, text: textOf(verdict), errata: errata.map(({ id }) => id) },
  ]);
  const file = fileOf(cluster);
  const failedSteps = steps.flatMap(({ title, erratum, detail, outcome }) =>
    outcome === 'failed' && erratum !== undefined ? [{ title, erratum, detail }] : [],
  );
  writeFileSync(
    `${file}.new`,
    `${JSON.stringify({ schemaVersion: 2, cluster, failedSteps, results: { ...before?.results, ...Object.fromEntries(now) } } satisfies LastRun)}\n`,
  );
  renameSync(`${file}.new`, file);
}

function textOf(verdict: RunRecord['results'][number]['verdict']): string {
  switch (verdict.kind) {
    case 'kept':
      return '';
    case 'broken':
    case 'waived':
      return verdict.saw;
    default:
      return verdict.reason;
  }
}

/** A memory that cannot be read must not cost a run its report. */
function readOrForget(cluster: string): LastRun | undefined {
  try {
    return lastRun(cluster);
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}
