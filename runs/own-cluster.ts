import type { ClusterDescriptor } from '../harness/platform/descriptor.ts';
import type { Provider, UpOptions } from '../provision/provider.ts';
import { forgetJournals } from './clean-up.ts';
import type { RunConsole } from './run-console.ts';

/**
 * Runs a task on a cluster that is made for it, and is removed after it, whatever comes of it. A cluster of that name that this
 * process did not make is never touched. Throws a Problem when the name is taken or the cluster cannot be made.
 */
export async function onOwnCluster<T>(
  provider: Pick<Provider, 'up' | 'down'>,
  { name, profile, with: options }: Omit<UpOptions, 'life'>,
  { phase, lastPhase }: Pick<RunConsole, 'phase' | 'lastPhase'>,
  task: (cluster: ClusterDescriptor) => Promise<T>,
): Promise<T> {
  // Not within the `try`: what `up` made before it failed it has removed itself, and what it refused is somebody else's.
  const cluster = await provider.up({ name, profile, life: 'tied', with: options }, phase);
  try {
    return await task(cluster);
  } finally {
    const outcome = await provider.down(name, lastPhase, { onlyOwn: true });
    if (outcome === 'removed') await forgetJournals(name);
  }
}
