import type { Cluster } from '../platform/cluster.ts';

/** Three seconds of requests, one each second and all to everybody: the first answer is not the only one (arping(8): -b). */
const requests = ['-b', '-w', '3'];

/** From where on the LAN is asked. */
const askedFrom = 'lan';

/** By address: the hardware addresses that answer for it, distinct, in the order of their first answer; none when nobody does. */
export type ArpOwners = ReadonlyMap<string, readonly string[]>;

/** Asks from a host on the LAN who has these IPv4 addresses, all in the same three seconds. */
export async function arpSweep(cluster: Cluster, addresses: readonly string[], signal: AbortSignal): Promise<ArpOwners> {
  const each = addresses.map((address) => `arping ${requests.join(' ')} -I eth0 ${address} &`);
  const output = await cluster.runAt(askedFrom, ['sh', '-c', [...each, 'wait'].join('\n')], signal);
  const silent = addresses.filter((address) => !output.includes(`ARPING ${address} `));
  if (silent.length > 0) throw new Error(`arping did not run on the LAN host for ${silent.join(', ')}: ${output.slice(0, 300)}`);
  const answers = [...output.matchAll(/ from ([\d.]+) \[([0-9A-Fa-f:]{17})\]/g)].map(([, address = '', mac = '']) => ({
    address,
    mac: mac.toLowerCase(),
  }));
  return new Map(
    addresses.map((address) => [address, [...new Set(answers.flatMap((answer) => (answer.address === address ? [answer.mac] : [])))]]),
  );
}

/** The same for one address. */
export async function arpOwners(cluster: Cluster, address: string, signal: AbortSignal): Promise<string[]> {
  return [...((await arpSweep(cluster, [address], signal)).get(address) ?? [])];
}

/** The nodes that answer for an address, known by the hardware addresses that answer for their own. */
export async function answeringNodes(cluster: Cluster, address: string, signal: AbortSignal): Promise<string[]> {
  const { nodes } = cluster.documented;
  const owners = await arpSweep(cluster, [address, ...nodes.map((node) => node.address)], signal);
  const answering = owners.get(address) ?? [];
  return nodes.filter((node) => owners.get(node.address)?.some((mac) => answering.includes(mac))).map(({ name }) => name);
}

export function ownersText(macs: readonly string[] | undefined): string {
  return macs?.join(', ') || 'no answer';
}
