import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createJournal, openJournals } from '../harness/engine/changes/journal.ts';
import { replayJournal } from '../harness/engine/changes/replay.ts';
import { Problem, exitCode } from '../harness/engine/problem.ts';
import type { Requirement } from '../harness/engine/requirement.ts';
import type { RunRecord } from '../harness/engine/run-record.ts';
import { type RunOutcome, resultWithout, runChecks } from '../harness/engine/runner/run-checks.ts';
import type { ClusterDescriptor } from '../harness/platform/descriptor.ts';
import type { Phase } from '../provision/provider.ts';
import { consoleSummary } from '../reports/console.ts';
import { withoutConsent } from './consent.ts';
import { writeDiagnosis } from './diagnosis.ts';
import { lastRun, notHeld, rememberRun } from './memory.ts';
import { assemble, commandLine } from './record.ts';
import { writeReports } from './reports.ts';
import { type Selection, select } from './selection.ts';
import { journalFolder } from './state.ts';

export interface RunCommandOptions extends Selection {
  readonly report: string;
  readonly json?: true;
  readonly disruptive?: true;
  readonly deadline: number;
  readonly wait: number;
  /** Under which name the verdicts are remembered; the cluster's own when left out. */
  readonly rememberAs?: string;
}

export interface Phases {
  /** Ends with the user's interrupt. */
  readonly phase: Phase;
  /** For the undo and the report after an interrupt. */
  readonly lastPhase: Phase;
}

/** Runs the selected checks on a cluster, writes every report, prints the summary. Whatever happens, what the run changed is undone before this returns or throws. */
export async function verify(cluster: ClusterDescriptor, options: RunCommandOptions, { phase, lastPhase }: Phases): Promise<RunRecord> {
  const startedAt = new Date();
  const runId = `${startedAt.toISOString().replaceAll(/[:.]/g, '-')}-${randomBytes(2).toString('hex')}`;
  const selected = select(options, { failed: failedLastTime(cluster, options) });
  warnOfLeftovers(cluster.name);
  const journal = createJournal(journalFolder(), { runId, command: commandLine(), cluster: cluster.name });
  try {
    const outcome = await runSelected(cluster, { runId, journal, selected, options }, phase);
    const record = await assemble(cluster, { runId, startedAt }, outcome);
    rememberRun(options.rememberAs ?? cluster.name, record);
    // What was decided before an interrupt is worth its report, too.
    await tell(cluster, { record, options, isInterrupted: outcome.isInterrupted }, outcome.isInterrupted ? lastPhase : phase);
    if (outcome.isInterrupted) throw new Error('interrupted');
    return record;
  } finally {
    // It is there only when the runner was ended before it could undo everything.
    if (existsSync(journal)) await undoLeft(cluster, journal, lastPhase);
  }
}

/** Every report, and the summary; and for what did not hold, beside it, what explains it: whoever interrupts does not wait for that. */
async function tell(
  cluster: ClusterDescriptor,
  { record, options, isInterrupted }: { record: RunRecord; options: RunCommandOptions; isInterrupted: boolean },
  phase: Phase,
): Promise<void> {
  const files = await phase('Report', (work) => writeReports(record, options.report, work.signal));
  if (!isInterrupted && record.results.some(({ verdict }) => verdict.kind === 'broken' || verdict.kind === 'inconclusive'))
    await explain(cluster, options.report, phase);
  process.stdout.write(
    options.json
      ? `${JSON.stringify(record, undefined, 2)}\n`
      : `\n${consoleSummary(record, { colour: hasColour() })}\nReport: ${files.html}\nRecord: ${files.record}\n`,
  );
}

function failedLastTime({ name }: ClusterDescriptor, { failed }: RunCommandOptions): readonly string[] | undefined {
  if (failed !== true) return undefined;
  const ids = notHeld(lastRun(name));
  if (ids.length > 0) return ids;
  throw new Problem(exitCode.usage, {
    expected: `a requirement that did not hold when it was last looked at on lab ${name}`,
    saw: lastRun(name) === undefined ? 'no run on it yet' : 'none',
    next: 'run without --failed',
  });
}

interface Selected {
  readonly runId: string;
  /** File of the journal. */
  readonly journal: string;
  readonly selected: readonly Requirement[];
  readonly options: RunCommandOptions;
}

/** Decides what there is consent for. */
async function runSelected(cluster: ClusterDescriptor, { runId, journal, selected, options }: Selected, phase: Phase): Promise<RunOutcome> {
  const startedAt = new Date();
  const refused = withoutConsent(selected, options);
  const decided = selected.filter(({ id }) => refused.every(({ requirement }) => requirement.id !== id));
  const config = join(import.meta.dirname, '../suites/vitest.config.ts');
  const outcome = await phase(`${decided.length} checks`, (work) =>
    runChecks(
      {
        runId,
        command: commandLine(),
        cluster,
        selected: decided,
        config,
        journal,
        deadlineMs: options.deadline * 60_000,
        leaseWaitSeconds: options.wait,
      },
      work,
    ),
  );
  const others = refused.map(({ requirement, reason }) => resultWithout(requirement, cluster, startedAt, { kind: 'not-run', reason }));
  const results = [...outcome.results, ...others];
  return { ...outcome, results: selected.flatMap(({ id }) => results.filter(({ requirement }) => requirement.id === id)) };
}

/** What earlier runs left may be what this one finds wrong. */
function warnOfLeftovers(name: string): void {
  const dead = openJournals(journalFolder(), name).journals.filter(({ isAlive }) => !isAlive);
  for (const { header } of dead)
    process.stderr.write(`Run ${header.runId} was cut short and left changes in the cluster. Next: conform cleanup --name ${name}\n`);
}

/** After an interrupt, too: a signal of its own. */
async function undoLeft(cluster: ClusterDescriptor, journal: string, phase: Phase): Promise<void> {
  const { left } = await phase('Undo what the run changed', (work) => replayJournal(cluster, journal, work.signal));
  for (const text of left) process.stderr.write(`left behind: ${text}\n`);
  if (left.length > 0) process.stderr.write(`Next: conform cleanup --name ${cluster.name}\n`);
}

/** Collects what explains the failures beside the report; in CI, where nobody can look at the machine later, it is printed too. */
async function explain(cluster: ClusterDescriptor, folder: string, phase: Phase): Promise<void> {
  const file = join(folder, 'diagnosis.txt');
  const text = await phase(`Diagnosis (${file})`, (work) => writeDiagnosis(cluster, file, work.signal));
  if (process.env['CI'] !== undefined) process.stderr.write(text);
}

function hasColour(): boolean {
  return process.stdout.isTTY === true && !process.env['NO_COLOR'];
}
