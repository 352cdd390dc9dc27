import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createJournal } from '../harness/engine/changes/journal.ts';
import { Problem, exitCode } from '../harness/engine/problem.ts';
import type { Requirement } from '../harness/engine/requirement.ts';
import type { RunRecord } from '../harness/engine/run-record.ts';
import { didNotHold } from '../harness/engine/verdict.ts';
import { type RunOutcome, resultWithout, runChecks } from '../harness/platform/run-checks.ts';
import type { ClusterDescriptor } from '../harness/platform/descriptor.ts';
import { consoleSummary } from '../reports/console.ts';
import { withoutConsent } from './consent.ts';
import { writeDiagnosis } from './diagnosis.ts';
import { undoLeft, warnOfLeftovers } from './leftovers.ts';
import { lastRun, notHeld, rememberRun } from './memory.ts';
import { assemble, commandLine } from './record.ts';
import { prepareReportFolder } from './report-folder.ts';
import { type SavedRecord, saveRecord, writeReports } from './reports.ts';
import type { RunConsole } from './run-console.ts';
import { type Selection, select } from './selection.ts';
import { journalFolder, prepareState } from './state.ts';

export interface VerifyOptions extends Selection {
  readonly report: string;
  readonly json?: true;
  readonly disruptive?: true;
  readonly long?: true;
  /** Minutes. */
  readonly deadline: number;
  /** Seconds. */
  readonly wait: number;
  /** Under which name the verdicts are remembered; the cluster's own when left out. */
  readonly rememberAs?: string;
  /** The cluster is removed after the run: what the run could not undo goes with it. */
  readonly clusterGoes?: true;
}

/** How a run ended, with its record. */
export interface RunEnd {
  readonly record: RunRecord;
  /** Whether the user ended it: what was not decided by then is inconclusive. */
  readonly isInterrupted: boolean;
}

/**
 * Runs the selected checks on a cluster, writes every report, prints the summary. Whatever happens, what the run changed is undone
 * before this returns or throws, and what it learned is saved. Throws a Problem before the first check where it can.
 */
export async function verify(cluster: ClusterDescriptor, options: VerifyOptions, console: RunConsole): Promise<RunEnd> {
  const startedAt = new Date();
  const runId = `${startedAt.toISOString().replaceAll(/[:.]/g, '-')}-${randomBytes(2).toString('hex')}`;
  const selected = select(options, { failed: failedLastTime(cluster, options) });
  await prepareReportFolder(options.report);
  await prepareState();
  warnOfLeftovers(cluster.name, console);
  const journal = createJournal(journalFolder(), { runId, command: commandLine(), cluster: cluster.name });
  let undone: Promise<void> | undefined;
  const undo = (): Promise<void> => (undone ??= options.clusterGoes === true ? Promise.resolve() : undoLeft(cluster, journal, console));
  try {
    const outcome = await runSelected(cluster, { runId, journal, selected, options }, console);
    const record = await assemble(cluster, { runId, startedAt }, outcome);
    const saved = await saveRecord(record, options.report);
    // After an interrupt time is short, and the cluster goes before the report.
    if (outcome.isInterrupted) await undo();
    remember(options.rememberAs ?? cluster.name, record, console);
    const end = { record, isInterrupted: outcome.isInterrupted };
    await tell(cluster, { end, saved, options }, console);
    return end;
  } finally {
    await undo();
  }
}

/** A memory that cannot be written must not cost a run its report. */
function remember(name: string, record: RunRecord, { warn }: RunConsole): void {
  try {
    rememberRun(name, record);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    warn(`The verdicts could not be kept for --failed: ${error.message}`);
  }
}

interface Told {
  readonly end: RunEnd;
  readonly saved: SavedRecord;
  readonly options: VerifyOptions;
}

/** The summary and every report; and what explains the results that are not good: whoever interrupts does not wait for that. */
async function tell(
  cluster: ClusterDescriptor,
  { end: { record, isInterrupted }, saved, options }: Told,
  console: RunConsole,
): Promise<void> {
  const phase = isInterrupted ? console.lastPhase : console.phase;
  let html: string | undefined;
  try {
    html = await phase('Report', (work) => writeReports(record, options.report, saved, work.signal));
    const isExplained = record.results.some(({ verdict }) => didNotHold(verdict));
    if (!isInterrupted && isExplained) await explain(cluster, options.report, console);
  } finally {
    const files = `Report: ${html ?? 'not written; the record has all that it would show'}\nRecord: ${saved.file}\n`;
    const summary = `\n${consoleSummary(record, { colour: console.colour })}\n${files}`;
    console.print(options.json ? `${JSON.stringify(record, undefined, 2)}\n` : summary);
  }
}

function failedLastTime({ name }: ClusterDescriptor, { failed }: VerifyOptions): readonly string[] | undefined {
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
  readonly options: VerifyOptions;
}

/** Decides what there is consent for. */
async function runSelected(
  cluster: ClusterDescriptor,
  { runId, journal, selected, options }: Selected,
  { phase, listen }: RunConsole,
): Promise<RunOutcome> {
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
        listen,
      },
      work,
    ),
  );
  const others = refused.map(({ requirement, reason }) => resultWithout(requirement, cluster, startedAt, { kind: 'not-run', reason }));
  const results = [...outcome.results, ...others];
  return { ...outcome, results: selected.flatMap(({ id }) => results.filter(({ requirement }) => requirement.id === id)) };
}

/** Collects what explains the failures beside the report; in CI, where nobody can look at the machine later, it is printed too. */
async function explain(cluster: ClusterDescriptor, folder: string, { phase, warn }: RunConsole): Promise<void> {
  const file = join(folder, 'diagnosis.txt');
  const text = await phase(`Diagnosis (${file})`, (work) => writeDiagnosis(cluster, file, work.signal));
  if (process.env['CI'] !== undefined) warn(text.trimEnd());
}
