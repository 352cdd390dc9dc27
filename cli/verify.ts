import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { execa } from 'execa';
import type { ClusterDescriptor } from '../harness/cluster/descriptor.ts';
import { runRecord, runRecordVersion, type Result, type RunRecord } from '../harness/run-record.ts';
import { runChecks } from '../harness/runner/run-checks.ts';
import { lab, notRunning } from '../provision/lab/lab.ts';
import type { Phase } from '../provision/provider.ts';
import { writeAllureReport } from '../reports/allure/write-allure-report.ts';
import { consoleSummary } from '../reports/console.ts';
import { exitCodeOf } from '../reports/exit-code.ts';
import { junitXml } from '../reports/junit.ts';
import { documentedCluster } from '../guide/cluster.ts';
import { writeDiagnosis } from './diagnosis.ts';
import { interruptSignal } from './interrupt.ts';
import { nameOption } from './lab-options.ts';
import { requireLinuxRoot } from './machine.ts';
import { createPhase } from './phase.ts';
import { type Selection, select, selectionOptions } from './selection.ts';

interface VerifyOptions extends Selection {
  readonly name: string;
  readonly report: string;
  readonly json?: true;
}

export const verifyCommand = new Command('verify')
  .description("Check the guide's promises on a running lab and write the report")
  .addOption(nameOption())
  .option('--report <folder>', 'where the report goes', 'report')
  .option('--json', 'print the run record instead of the summary')
  .action(async (options: VerifyOptions) => {
    requireLinuxRoot();
    const state = await lab.state(options.name);
    if (state.kind !== 'running') throw notRunning(options.name);
    const record = await verify(state.cluster, options, createPhase(interruptSignal()));
    process.exitCode = exitCodeOf(record);
  });
for (const option of selectionOptions()) verifyCommand.addOption(option);

/** Runs the selected checks on a cluster, writes every report, prints the summary. */
export async function verify(cluster: ClusterDescriptor, options: Omit<VerifyOptions, 'name'>, phase: Phase): Promise<RunRecord> {
  const startedAt = new Date();
  const selected = select(options);
  const config = join(import.meta.dirname, '../suites/vitest.config.ts');
  const results = await phase(`${selected.length} checks`, (work) => runChecks({ cluster, selected, config }, work));
  const record = await assemble(cluster, results, startedAt);
  const files = await phase('Report', (work) => writeReports(record, options.report, work.signal));
  if (record.results.some(({ verdict }) => verdict.kind === 'broken' || verdict.kind === 'inconclusive')) await explain(cluster, options.report, phase);
  process.stdout.write(options.json ? `${JSON.stringify(record, undefined, 2)}\n` : `\n${consoleSummary(record, { colour: hasColour() })}\nReport: ${files.html}\nRecord: ${files.record}\n`);
  return record;
}

/** Collects what explains the failures beside the report; in CI, where nobody can look at the machine later, it is printed too. */
async function explain(cluster: ClusterDescriptor, folder: string, phase: Phase): Promise<void> {
  const file = join(folder, 'diagnosis.txt');
  const text = await phase(`Diagnosis (${file})`, (work) => writeDiagnosis(cluster, file, work.signal));
  if (process.env['CI'] !== undefined) process.stderr.write(text);
}

async function assemble(cluster: ClusterDescriptor, results: readonly Result[], startedAt: Date): Promise<RunRecord> {
  const revision = await execa('git', ['-C', import.meta.dirname, 'rev-parse', '--short', 'HEAD'], { reject: false });
  return runRecord.parse({
    schemaVersion: runRecordVersion,
    run: {
      id: `${startedAt.toISOString().replaceAll(/[:.]/g, '-')}-${randomBytes(2).toString('hex')}`,
      startedAt: startedAt.toISOString(),
      durationMs: Date.now() - startedAt.getTime(),
      command: `conform ${process.argv.slice(2).join(' ')}`,
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
    results: [...results],
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
