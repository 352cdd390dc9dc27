import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { exitCode, Problem } from '../harness/problem.ts';
import type { RunRecord } from '../harness/run-record.ts';
import { stateFolder } from '../provision/lab/paths.ts';

const remembered = z.object({
  runId: z.string(),
  at: z.string(),
  profile: z.enum(['as-written', 'corrected']),
  verdict: z.enum(['kept', 'broken', 'inconclusive', 'not-run', 'waived']),
  /** What a reader is told of it: what was seen, or why it was not looked at. */
  text: z.string(),
  errata: z.array(z.string()),
});
const memory = z.object({ schemaVersion: z.literal(1), cluster: z.string(), results: z.record(z.string(), remembered) });

export type Remembered = z.infer<typeof remembered>;
export type LastRun = z.infer<typeof memory>;

function fileOf(cluster: string): string {
  return join(stateFolder(), 'last-runs', `${cluster}.json`);
}

/** What became of each requirement when it was last looked at on this cluster; undefined when it never was. */
export function lastRun(cluster: string): LastRun | undefined {
  try {
    return memory.parse(JSON.parse(readFileSync(fileOf(cluster), 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Problem(exitCode.usage, { expected: `the verdicts of the last run in ${fileOf(cluster)}`, saw: 'a file that cannot be read', next: 'delete it, and run without --failed' }, error);
  }
}

/** The requirements that were broken or inconclusive when they were last looked at. */
export function notHeld(run: LastRun | undefined): string[] {
  return Object.entries(run?.results ?? {}).flatMap(([id, { verdict }]) => (verdict === 'broken' || verdict === 'inconclusive' ? [id] : []));
}

/** Keeps the verdicts of a run; those of requirements that it did not look at stay. */
export function rememberRun(cluster: string, { run, cluster: { profile }, results }: RunRecord): void {
  const before = lastRun(cluster);
  const now = results.map(({ requirement, verdict, errata, startedAt }): [string, Remembered] => [
    requirement.id,
    { runId: run.id, at: startedAt, profile, verdict: verdict.kind, text: textOf(verdict), errata: errata.map(({ id }) => id) },
  ]);
  const file = fileOf(cluster);
  mkdirSync(join(stateFolder(), 'last-runs'), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify({ schemaVersion: 1, cluster, results: { ...before?.results, ...Object.fromEntries(now) } } satisfies LastRun)}\n`);
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
