import type { Cluster } from '../cluster/cluster.ts';

/** Three requests, answers awaited for three seconds: arping(8). */
const requests = ['-c', '3', '-w', '3'];

/**
 * The hardware addresses that answer ARP requests for an IPv4 address, asked from a host on the LAN; empty when nobody
 * does. Distinct, in the order of their first answer.
 */
export async function arpOwners(cluster: Cluster, address: string, signal: AbortSignal): Promise<string[]> {
  const output = await cluster.runAt('lan', ['sh', '-c', `arping ${requests.join(' ')} -I eth0 ${address} || true`], signal);
  if (!output.includes('ARPING')) throw new Error(`arping did not run on the LAN host: ${output}`);
  return [...new Set([...output.matchAll(/\[([0-9A-Fa-f:]{17})\]/g)].map(([, mac = '']) => mac.toLowerCase()))];
}
