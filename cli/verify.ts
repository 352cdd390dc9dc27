import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { execa } from 'execa';
import type { ClusterDescriptor } from '../harness/platform/descriptor.ts';
import type { Requirement } from '../harness/engine/requirement.ts';
import { Problem, exitCode } from '../harness/engine/problem.ts';
import { runRecord, runRecordVersion, type RunRecord } from '../harness/engine/run-record.ts';
import { type RunOutcome, resultWithout, runChecks } from '../harness/engine/runner/run-checks.ts';
import { lab, notRunning } from '../provision/lab/lab.ts';
import type { Phase } from '../provision/provider.ts';
import { writeAllureReport } from '../reports/allure/write-allure-report.ts';
import { consoleSummary } from '../reports/console.ts';
import { exitCodeOf } from '../reports/exit-code.ts';
import { junitXml } from '../reports/junit.ts';
import { documentedCluster } from '../guide/cluster.ts';
import { createJournal, openJournals } from '../harness/engine/changes/journal.ts';
import { replayJournal } from '../harness/platform/replay.ts';
import { journalFolder } from './cleanup.ts';
import { disruptiveOption, withoutConsent } from './consent.ts';
import { writeDiagnosis } from './diagnosis.ts';
import { interruptSignal } from './interrupt.ts';
import { lastRun, notHeld, rememberRun } from './last-run.ts';
import { nameOption } from './lab-options.ts';
import { requireLinuxRoot } from './machine.ts';
import { createPhase } from './phase.ts';
import { type Selection, select, selectionOptions } from './selection.ts';

export interface RunCommandOptions extends Selection {
  readonly report: string;
  readonly json?: true;
  readonly disruptive?: true;
  readonly deadline: number;
  readonly wait: number;
  /** Under which name the verdicts are remembered; the cluster's own when left out. */
  readonly rememberAs?: string;
}

/** What `verify` and `rehearse` have in common. */
export function runOptions(): Option[] {
  return [
    new Option('--report <folder>', 'where the report goes').default('report'),
    new Option('--json', 'print the run record instead of the summary'),
    new Option('--deadline <minutes>', 'checks that have not ended after this time are inconclusive').argParser(positive).default(60),
    ...selectionOptions(),
  ];
}

export const verifyCommand = new Command('verify')
  .description("Check the guide's promises on a running lab and write the report")
  .addOption(nameOption())
  .addOption(disruptiveOption())
  .option('--failed', 'only what did not hold when it was last looked at on this lab')
  .addOption(new Option('--wait <seconds>', 'how long to wait for another run on the same cluster to end').argParser(positive).default(60))
  .action(async ({ name, ...options }: RunCommandOptions & { name: string }) => {
    requireLinuxRoot();
    const state = await lab.state(name);
    if (state.kind !== 'running') throw notRunning(name);
    const record = await verify(state.cluster, options, createPhase(interruptSignal()));
    process.exitCode = exitCodeOf(record);
  });
for (const option of runOptions()) verifyCommand.addOption(option);

function positive(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number) && number >= 0) return number;
  throw new InvalidArgumentError('Expected a number. Next: for example 10');
}

/** Runs the selected checks on a cluster, writes every report, prints the summary. Whatever happens, what the run changed is undone before this returns or throws. */
export async function verify(cluster: ClusterDescriptor, options: RunCommandOptions, phase: Phase): Promise<RunRecord> {
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
    await tell(
      cluster,
      { record, options, isInterrupted: outcome.isInterrupted },
      outcome.isInterrupted ? createPhase(new AbortController().signal) : phase,
    );
    if (outcome.isInterrupted) throw new Error('interrupted');
    return record;
  } finally {
    // It is there only when the runner was ended before it could undo everything.
    if (existsSync(journal)) await undoLeft(cluster, journal);
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

function commandLine(): string {
  return `conform ${process.argv.slice(2).join(' ')}`;
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
async function undoLeft(cluster: ClusterDescriptor, journal: string): Promise<void> {
  const phase = createPhase(new AbortController().signal);
  const { left } = await phase('Undo what the run changed', () => replayJournal(cluster, journal));
  for (const text of left) process.stderr.write(`left behind: ${text}\n`);
  if (left.length > 0) process.stderr.write(`Next: conform cleanup --name ${cluster.name}\n`);
}

/** Collects what explains the failures beside the report; in CI, where nobody can look at the machine later, it is printed too. */
async function explain(cluster: ClusterDescriptor, folder: string, phase: Phase): Promise<void> {
  const file = join(folder, 'diagnosis.txt');
  const text = await phase(`Diagnosis (${file})`, (work) => writeDiagnosis(cluster, file, work.signal));
  if (process.env['CI'] !== undefined) process.stderr.write(text);
}

async function assemble(
  cluster: ClusterDescriptor,
  { runId, startedAt }: { runId: string; startedAt: Date },
  { results, matrices }: RunOutcome,
): Promise<RunRecord> {
  const revision = await execa('git', ['-C', import.meta.dirname, 'rev-parse', '--short', 'HEAD'], { reject: false });
  return runRecord.parse({
    schemaVersion: runRecordVersion,
    run: {
      id: runId,
      startedAt: startedAt.toISOString(),
      durationMs: Date.now() - startedAt.getTime(),
      command: commandLine(),
      product: { version: '0.1.0', revision: revision.exitCode === 0 ? revision.stdout : 'unknown' },
    },
    cluster: {
      provider: cluster.provider,
      name: cluster.name,
      profile: cluster.profile,
      kubernetesVersion: documentedCluster(cluster.profile).versions.kubernetes,
      nodes: documentedCluster(cluster.profile).nodes,
      capabilities: cluster.capabilities,
      steps: cluster.steps,
    },
    results,
    matrices,
  } satisfies RunRecord);
}

async function writeReports(record: RunRecord, folder: string, signal: AbortSignal): Promise<{ html: string; record: string }> {
  await mkdir(folder, { recursive: true });
  const files = { html: join(folder, 'index.html'), record: join(folder, 'record.json'), junit: join(folder, 'junit.xml') };
  await writeFile(files.record, `${JSON.stringify(record, undefined, 2)}\n`);
  await writeFile(files.junit, junitXml(record));
  await writeAllureReport(record, files.html, signal);
  return files;
}

function hasColour(): boolean {
  return process.stdout.isTTY === true && !process.env['NO_COLOR'];
}
