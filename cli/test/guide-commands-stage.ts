import { randomBytes } from 'node:crypto';
import { WaitTimeout, until } from '../../harness/engine/waiting.ts';
import { runOnAdmin } from '../../provision/lab/admin.ts';
import { lab, labFolder } from '../../provision/lab/lab.ts';
import { type Site, findSite } from '../../provision/lab/site/site.ts';
import { createPhase } from '../phase.ts';
import { type GuideCommand, guideCommands } from './guide-commands.ts';
import type { StageEnd } from './stage.ts';

/** How often a command is repeated that does not show yet what it must. */
const everyMs = 1_000;

/** Runs the guide's own commands on a corrected lab of its own, one after the other, each a test. */
export async function runGuideCommands(signal: AbortSignal): Promise<StageEnd> {
  const name = `test-${randomBytes(3).toString('hex')}`;
  await lab.up({ name, profile: 'corrected', life: 'tied', with: [] }, createPhase(signal));
  try {
    const site = await findSite(labFolder(name));
    if (site === undefined) throw new Error(`lab ${name} is up, but has no process`);
    return await runAll(site, signal);
  } finally {
    await lab.down(name, createPhase(new AbortController().signal), { onlyOwn: true });
  }
}

async function runAll(site: Site, signal: AbortSignal): Promise<StageEnd> {
  const failures: string[] = [];
  for (const command of guideCommands) {
    const startedAt = Date.now();
    const failure = await runOne(site, command, signal);
    process.stdout.write(
      `    ${failure === undefined ? 'ok' : 'FAILED'} ${firstLine(command.command)} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)\n`,
    );
    if (failure !== undefined) failures.push(failure);
  }
  return { passed: guideCommands.length - failures.length, failed: failures.length, output: failures.join('\n') };
}

/** Undefined when the command showed what it must, otherwise what it showed instead. */
async function runOne(site: Site, command: GuideCommand, signal: AbortSignal): Promise<string | undefined> {
  try {
    await until(command.guide, { timeoutMs: command.withinMs ?? 0, everyMs, signal }, async () => {
      const { stdout, stderr } = await runOnAdmin(site, ['bash', '-c', command.command], { signal, environment: { GNUPGHOME: '/tmp' } });
      const missing = complaints(command, `${stdout}\n${stderr}`);
      return missing.length === 0 ? { done: true } : { notYet: `${missing.join(', ')} in:\n${stdout}\n${stderr}` };
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    return `${command.command}\n${error.message}`;
  }
}

function complaints({ shows, hides = [] }: GuideCommand, output: string): string[] {
  return [
    ...shows.filter((pattern) => !pattern.test(output)).map((pattern) => `no ${pattern}`),
    ...hides.filter((pattern) => pattern.test(output)).map((pattern) => `${pattern}`),
  ];
}

function firstLine(command: string): string {
  const [line = ''] = command.split('\n').filter((candidate) => !candidate.startsWith('OPENCOST_API='));
  return line.length > 90 ? `${line.slice(0, 90)}...` : line;
}
