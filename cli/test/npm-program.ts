import { join } from 'node:path';
import { runCommand } from '../../provision/lab/cache/command.ts';

const product = join(import.meta.dirname, '../..');

/** Runs a program of an npm package in the product's folder, under this Node and without colours. */
export function runNpmProgram(
  signal: AbortSignal,
  {
    program,
    args,
    env = {},
  }: { readonly program: string; readonly args: readonly string[]; readonly env?: Readonly<Record<string, string>> },
): ReturnType<typeof runCommand> {
  const work = { signal, say: () => undefined };
  return runCommand(work, {
    file: process.execPath,
    args: [join(product, 'node_modules', program), ...args],
    cwd: product,
    env: { NO_COLOR: '1', CI: '1', ...env },
  });
}
