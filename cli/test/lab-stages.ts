import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Profile } from '../../guide/cluster.ts';
import { exitCode } from '../../harness/engine/problem.ts';
import type { Requirement } from '../../harness/engine/requirement.ts';
import { runRecord } from '../../harness/engine/run-record.ts';
import { type MachineState, leftSince, machineState, markVariable } from '../../provision/lab/leftovers.ts';
import { register } from '../../suites/register.ts';
import { runGuideCommands } from './guide-commands-stage.ts';
import { evidenceDefects } from './evidence-defects.ts';
import { readWritten } from './read-written.ts';
import { describeRetried, retriedIn } from './retried.ts';
import { type Size, rehearsed, selectionOf } from './sizes.ts';
import { type Stage, type StageEnd, single } from './stage.ts';
import { unexpectedVerdicts } from './unexpected-verdicts.ts';

/** How long the kernel may take to clear away the processes and mounts that have ended. */
const settleMs = 5_000;

/** The whole product on a lab of its own in both profiles, and a look at the machine after them. */
export function labStages(size: Size): Stage[] {
  const mark = randomUUID();
  let before: MachineState | undefined;
  const rehearsal = (profile: Profile, expected: number): Stage => {
    const requirements = rehearsed(register, size, profile);
    return {
      id: profile,
      title: `Rehearsal of the ${profile} guide, ${requirements.length} of ${register.length} requirements`,
      lab: true,
      run: async (signal) => {
        before ??= await machineState(mark);
        return rehearse({ profile, expected, mark, requirements }, signal);
      },
    };
  };
  const nothingLeft = async (): Promise<StageEnd> => {
    if (before === undefined) return single(false, 'no rehearsal has run before it, so there is nothing to compare with');
    const left = await leftSince(before, mark, settleMs);
    return single(left.length === 0, left.join('\n'));
  };
  const commands: Stage = { id: 'guide-commands', title: "The guide's own commands on a corrected lab", lab: true, run: runGuideCommands };
  return [
    rehearsal('corrected', exitCode.kept),
    rehearsal('as-written', exitCode.broken),
    ...(size === 'whole' ? [commands] : []),
    { id: 'leftovers', title: 'Nothing is left on the machine', lab: true, run: nothingLeft },
  ];
}

interface Rehearsal {
  readonly profile: Profile;
  readonly expected: number;
  /** Stands in the environment of every process of the rehearsal, so that a process that it leaves is known. */
  readonly mark: string;
  /** The requirements that it looks at, at least. */
  readonly requirements: readonly Requirement[];
}

/** What the whole register needs beside a rehearsal's defaults: its long checks, and minutes for them. */
const withTheLong = ['--long', '--deadline', '180'];

/**
 * Runs `conform rehearse` under a lab name of its own and compares its verdicts with the register; its output is seen as it
 * comes. A verdict that differs is a failure, and so is a flaky one: there is no second rehearsal.
 */
async function rehearse({ profile, expected, mark, requirements }: Rehearsal, signal: AbortSignal): Promise<StageEnd> {
  const report = await mkdtemp(join(tmpdir(), 'conform-test-report-'));
  const name = `test-${randomBytes(3).toString('hex')}`;
  const main = join(import.meta.dirname, '../main.ts');
  const rehearsal = [main, 'rehearse', '--profile', profile, '--name', name, '--report', report];
  const isWhole = requirements.length === register.length;
  const args = [...rehearsal, ...selectionOf(requirements, register), ...(isWhole ? withTheLong : [])];
  try {
    const code = await runForwarded(args, { ...process.env, CI: '1', [markVariable]: mark }, signal);
    const json = await readWritten(join(report, 'record.json'));
    if (json === undefined)
      return single(false, `the rehearsal ended with ${code ?? 'a signal'} and without a record; its output is above`);
    return judge(JSON.parse(json), { code, expected, requirements });
  } finally {
    await rm(report, { recursive: true, force: true });
  }
}

/** An ID selects every requirement whose ID begins with it, so a record may have more results than were asked for. */
function judge(
  json: unknown,
  { code, expected, requirements }: Pick<Rehearsal, 'expected' | 'requirements'> & { readonly code: number | undefined },
): StageEnd {
  const record = runRecord.parse(json);
  const looked = new Set([...requirements.map(({ id }) => id), ...record.results.map(({ requirement }) => requirement.id)]);
  const retried = retriedIn(record);
  process.stdout.write(describeRetried(retried));
  const failures = [
    ...unexpectedVerdicts(
      record,
      register.filter(({ id }) => looked.has(id)),
    ),
    ...retried.filter(({ flaky }) => flaky).map(({ id }) => `${id}: flaky, its retry came to another verdict`),
    ...evidenceDefects(record),
    ...(code === expected ? [] : [`expected exit code ${expected}, saw ${code ?? 'a signal'}; the output of the rehearsal is above`]),
  ];
  return single(failures.length === 0, failures.join('\n'));
}

/**
 * A process group of its own, so that an interrupt from the terminal reaches it once: by us, with time to undo.
 * If we end before it, it is killed, and the lab with it.
 */
async function runForwarded(args: readonly string[], env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<number | undefined> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'], env, detached: true });
  const interrupt = (): void => void child.kill('SIGINT');
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', interrupt, { once: true });
  process.once('exit', kill);
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    signal.throwIfAborted();
    return code ?? undefined;
  } finally {
    signal.removeEventListener('abort', interrupt);
    process.removeListener('exit', kill);
  }
}
