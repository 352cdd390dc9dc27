import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Standard output of a program; throws with what it said when it fails or takes longer than 20 s. */
export async function run(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await execute(program, [...args], { timeout: 20_000, maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

/** Runs a program on a text; throws with what it said when it fails. */
export function runWithInput(program: string, args: readonly string[], input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { stdio: ['pipe', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (data: Buffer) => {
      errors += data.toString();
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ended with ${String(code)}: ${errors.trim()}`));
    });
    child.stdin.end(input);
  });
}

/** Starts a program whose output is read as it comes, until it ends or the signal ends it. */
export function follow(program: string, args: readonly string[], signal?: AbortSignal): ChildProcessByStdio<null, Readable, null> {
  const child = spawn(program, [...args], { stdio: ['ignore', 'pipe', 'ignore'], ...(signal === undefined ? {} : { signal }) });
  return child.on('error', () => undefined);
}
