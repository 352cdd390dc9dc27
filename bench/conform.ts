import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { $ } from 'zx';
import { partsAreBuilt } from '../provision/lab/doctor/software.ts';

/** One command of ours that has ended. */
export interface Ended {
  readonly seconds: number;
  /** Seconds of each phase, by its title, as the plain output names them. */
  readonly phases: ReadonlyMap<string, number>;
}

/** The last line of a phase: `Start 6 machines: done (3.2 s)`. */
const phaseEnd = /^(.+): done \((\d+\.\d) s\)$/;

/** A lab of this measurement's own, so that no other one is touched. */
export function benchName(): string {
  return `bench-${randomBytes(2).toString('hex')}`;
}

/**
 * Runs ./conform and shows its progress; throws when it ends with another code than expected.
 * It stays in this process group, so an interrupt from the terminal reaches it.
 */
export async function conform(args: readonly string[], expected: readonly number[] = [0]): Promise<Ended> {
  const startedAt = performance.now();
  const program = join(import.meta.dirname, '../conform');
  const child = $({ nothrow: true, detached: false, stdio: ['ignore', 'pipe', 'inherit'] })`${program} ${args} 2>&1 >/dev/null`;
  const phases = new Map<string, number>();
  for await (const line of child) {
    process.stderr.write(`  ${line}\n`);
    const [, title, seconds] = phaseEnd.exec(line) ?? [];
    if (title !== undefined) phases.set(title.replace(/ bench-[0-9a-f]+$| \(.*\)$/, ''), Number(seconds));
  }
  const { exitCode: code } = await child;
  if (code === null || !expected.includes(code))
    throw new Error(`expected conform ${args.join(' ')} to end with ${expected.join(' or ')}, saw ${code ?? 'that it was killed'}`);
  return { seconds: (performance.now() - startedAt) / 1000, phases };
}

/** An interrupt from the terminal reaches the command itself; this process goes on, to remove what it made. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => controller.abort(new Error('interrupted')));
  return controller.signal;
}

/** A warm measurement would be untrue with a first build in it. */
export async function requireWarmCache(): Promise<void> {
  if (await partsAreBuilt()) return;
  process.stderr.write(
    '  Expected  every part of a lab in the cache\n  Saw       that some must be built first\n  Next      ./conform rehearse, or node bench/first-build.ts to measure that\n',
  );
  process.exit(2);
}
