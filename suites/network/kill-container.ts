import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { shellCommand } from '../../harness/probe/shell-words.ts';

/**
 * Crashes a pod's container on its node, past the API: its endpoint stays until the kubelet has noticed, and no peer hears a
 * farewell. Throws where the container does not run.
 */
export async function killContainer(
  cluster: Pick<Cluster, 'runAt'>,
  { spec, status, metadata }: V1Pod,
  { container, signal }: { container: string; signal: AbortSignal },
): Promise<void> {
  const id = status?.containerStatuses
    ?.find(({ name }) => name === container)
    ?.containerID?.split('://')
    .at(-1);
  if (id === undefined || id === '') throw new Error(`container ${container} of ${metadata?.namespace}/${metadata?.name} does not run`);
  const program = await readFile(join(import.meta.dirname, 'kill-container.sh'), 'utf8');
  await cluster.runAt(spec?.nodeName ?? '', shellCommand(program, [id]), signal);
}
