import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Profile } from '../../guide/cluster.ts';
import { exitCode } from '../../harness/engine/problem.ts';
import { runRecord } from '../../harness/engine/run-record.ts';
import { type MachineState, leftSince, machineState, markVariable } from '../../provision/lab/leftovers.ts';
import { register } from '../../suites/register.ts';
import { runGuideCommands } from './guide-commands-stage.ts';
import { type Stage, type StageEnd, single } from './stage.ts';
import { unexpectedVerdicts } from './unexpected-verdicts.ts';
import { unsettled } from './unsettled.ts';

/** How long the kernel may take to clear away what has ended. */
const settleMs = 5_000;

/** The whole product on a lab of its own in both profiles, and what is left on the machine after them. */
export function labStages(): Stage[] {
  const mark = randomUUID();
  let before: MachineState | undefined;
  const rehearsal = (profile: Profile, expected: number): Stage => ({
    id: profile,
    title: `Rehearsal of the ${profile} guide (exit code ${expected})`,
    lab: true,
    run: async (signal) => {
      before ??= await machineState(mark);
      return rehearse({ profile, expected, mark }, signal);
    },
  });
  const nothingLeft = async (): Promise<StageEnd> => {
    if (before === undefined) return single(false, 'no rehearsal has run before it, so there is nothing to compare with');
    const left = await leftSince(before, mark, settleMs);
    return single(left.length === 0, left.join('\n'));
  };
  const commands: Stage = { id: 'guide-commands', title: "The guide's own commands on a corrected lab", lab: true, run: runGuideCommands };
  return [
    rehearsal('corrected', exitCode.kept),
    rehearsal('as-written', exitCode.broken),
    commands,
    { id: 'leftovers', title: 'Nothing is left on the machine', lab: true, run: nothingLeft },
  ];
}

interface Rehearsal {
  readonly profile: Profile;
  readonly expected: number;
  readonly mark: string;
}

/**
 * Runs `conform rehearse` and compares its verdicts with the register. What differs is looked at once more, alone, on a new
 * lab: what differs again has failed; what differs once is told of as unstable, for a busy machine can be late in one place.
 */
async function rehearse(rehearsal: Rehearsal, signal: AbortSignal): Promise<StageEnd> {
  const begun = await look(rehearsal, [], signal);
  if (begun.kind === 'no record') process.stdout.write(`UNSTABLE, begun once more: ${begun.text}\n`);
  const first = begun.kind === 'no record' ? await look(rehearsal, [], signal) : begun;
  if (first.kind === 'no record') return single(false, first.text);
  if (first.unexpected.length === 0)
    return single(
      first.code === rehearsal.expected,
      `expected exit code ${rehearsal.expected}, saw ${first.code}; what it printed is above`,
    );
  const ids = settledIn(first.unexpected);
  if (ids.length === 0) return single(true, '');
  process.stdout.write(`Unexpected verdicts, looked at once more:\n${first.unexpected.join('\n')}\n`);
  if (ids.length > mostUnstable) return single(false, first.unexpected.join('\n'));
  const second = await look(rehearsal, ids, signal);
  if (second.kind === 'no record') return single(false, second.text);
  const again = settledIn(second.unexpected);
  if (again.length === 0) process.stdout.write(`UNSTABLE, as expected at the second look only: ${ids.join(' ')}\n`);
  return single(again.length === 0, second.unexpected.join('\n'));
}

/** The requirements that unexpected verdicts are about, without those that are not settled; these are told of. */
function settledIn(unexpected: readonly string[]): string[] {
  for (const text of unexpected.filter((each) => idOf(each) in unsettled))
    process.stdout.write(`UNSETTLED (${unsettled[idOf(text)]}) ${text}\n`);
  return [...new Set(unexpected.map(idOf))].filter((id) => !(id in unsettled));
}

function idOf(text: string): string {
  return text.split(':')[0] ?? '';
}

/** More than so many are no chance. */
const mostUnstable = 10;

type Look =
  | { readonly kind: 'no record'; readonly text: string }
  | { readonly kind: 'record'; readonly code: number | undefined; readonly unexpected: readonly string[] };

/** One rehearsal, of these requirements or of all, under a lab name of its own; what it prints is seen as it comes. */
async function look({ profile, mark }: Rehearsal, ids: readonly string[], signal: AbortSignal): Promise<Look> {
  const report = await mkdtemp(join(tmpdir(), 'conform-test-report-'));
  const main = join(import.meta.dirname, '../main.ts');
  const args = [
    main,
    'rehearse',
    '--profile',
    profile,
    '--name',
    `test-${randomBytes(3).toString('hex')}`,
    '--report',
    report,
    ...(ids.length === 0 ? [] : ['--id', ...ids]),
  ];
  try {
    const code = await runForwarded(args, { ...process.env, CI: '1', [markVariable]: mark }, signal);
    const text = await readFile(join(report, 'record.json'), 'utf8').catch(() => undefined);
    if (text === undefined)
      return { kind: 'no record', text: `the rehearsal ended with ${code ?? 'a signal'} and without a record; what it printed is above` };
    const looked = ids.length === 0 ? register : register.filter(({ id }) => ids.includes(id));
    return { kind: 'record', code, unexpected: unexpectedVerdicts(runRecord.parse(JSON.parse(text)), looked) };
  } finally {
    await rm(report, { recursive: true, force: true });
  }
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
