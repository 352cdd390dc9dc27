import { writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import type { ClusterDescriptor } from '../harness/platform/descriptor.ts';

/** One command of the diagnosis may print so much; the end of it tells more than the beginning. */
const largestPartBytes = 20_000;

/** Asks the cluster what explains a failure, before anything is deleted: the provider's commands, their output one below the other. */
export async function writeDiagnosis(cluster: ClusterDescriptor, file: string, signal: AbortSignal): Promise<string> {
  const parts = await Promise.all(
    cluster.diagnosis.map(async ({ title, command: [program = '', ...args] }) => {
      const { all } = await execa(program, args, { all: true, reject: false, timeout: 15_000, cancelSignal: signal });
      return `=== ${title}\n${all.slice(-largestPartBytes)}\n`;
    }),
  );
  const text = parts.join('\n');
  await writeFile(file, text, { mode: 0o600 });
  return text;
}
