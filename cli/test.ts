import { Command, Option } from 'commander';
import { Problem, exitCode } from '../harness/engine/problem.ts';
import { interruptSignal } from './interrupt.ts';
import { labStages } from './test/lab-stages.ts';
import { type Stage, type StageEnd, describeStage, describeTotal } from './test/stage.ts';
import { staticStages } from './test/static-stages.ts';

const stages: readonly Stage[] = [...staticStages, ...labStages()];

export const testCommand = new Command('test')
  .description("This product's own tests: types, lint, dead exports, unit tests, and the lab end to end in both profiles")
  .addOption(new Option('--only <stage>', 'one stage').choices(stages.map(({ id }) => id)))
  .option('--skip-lab', 'leave out what needs a lab, and with it root and minutes')
  .action(async ({ only, skipLab }: { only?: string; skipLab?: true }) => {
    const selected = stages.filter(({ id, lab }) => (only === undefined || id === only) && !(skipLab && lab));
    if (selected.length === 0)
      throw new Problem(exitCode.usage, {
        expected: 'a stage to run',
        saw: `--only ${only} together with --skip-lab`,
        next: 'leave one of them out',
      });
    const ends: StageEnd[] = [];
    for (const stage of selected) ends.push(await runStage(stage, interruptSignal()));
    process.stdout.write(`\n${describeTotal(ends)}\n`);
    if (ends.some(({ failed }) => failed > 0)) process.exitCode = exitCode.broken;
  });

/** A stage that throws for another reason than an interrupt has failed, and the next ones still tell something. */
async function runStage({ title, run }: Stage, signal: AbortSignal): Promise<StageEnd> {
  process.stdout.write(`${title} ...\n`);
  const startedAt = Date.now();
  const end = await run(signal).catch((error: unknown): StageEnd => {
    signal.throwIfAborted();
    return { passed: 0, failed: 1, output: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  });
  process.stdout.write(`${describeStage(title, end, Date.now() - startedAt)}\n`);
  return end;
}
