import { Command } from 'commander';
import { exitCode } from '../harness/engine/problem.ts';
import { type Diagnosis, diagnose } from '../provision/lab/doctor/doctor.ts';
import { interruptSignal } from './interrupt.ts';

export const doctorCommand = new Command('doctor')
  .description('Show what a lab needs from this machine, what is missing, and how to mend it')
  .option('--json', 'as JSON')
  .action(async ({ json }: { json?: true }) => {
    const diagnosis = await diagnose({ signal: interruptSignal(), say: () => undefined });
    process.stdout.write(json ? `${JSON.stringify(diagnosis, undefined, 2)}\n` : text(diagnosis));
    if (diagnosis.blocking.length > 0) process.exitCode = exitCode.usage;
  });

function text({ prerequisites, blocking }: Diagnosis): string {
  const width = Math.max(...prerequisites.map(({ title }) => title.length)) + 2;
  const lines = prerequisites.flatMap(({ state, title, detail, mend, needed }) => [
    `${state.padEnd(9)}${title.padEnd(width)}${detail}${state === 'missing' && needed === 'first-build' ? ' (for the first build only)' : ''}`,
    ...(mend === undefined ? [] : [`${' '.repeat(9 + width)}Mend: ${mend}`]),
  ]);
  const end = blocking.length === 0 ? 'Everything that a lab needs is there.' : `Missing for a lab: ${blocking.join(', ')}.`;
  return `${[...lines, '', end].join('\n')}\n`;
}
