import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { timeoutSeconds } from './probe.ts';
import { shellCommand } from './shell-words.ts';
import type { Vantages } from './vantages.ts';

const program = readFileSync(join(import.meta.dirname, 'arp.sh'), 'utf8');

/** The host on the LAN that asks, and its card there. */
const asker = { host: 'lan', card: 'eth0' };

/** By address: the hardware addresses that answer for it, distinct, in the order of their first answer; none when nobody does. */
export type ArpOwners = ReadonlyMap<string, readonly string[]>;

/** Asks from a host on the LAN who has these IPv4 addresses, all in the same seconds: the first answer is not the only one. */
export async function arpSweep(vantages: Pick<Vantages, 'runAt'>, addresses: readonly string[], signal: AbortSignal): Promise<ArpOwners> {
  const command = shellCommand(program, [asker.card, String(timeoutSeconds()), ...addresses]);
  const output = await vantages.runAt(asker.host, command, signal);
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
export async function arpOwners(vantages: Pick<Vantages, 'runAt'>, address: string, signal: AbortSignal): Promise<string[]> {
  return [...((await arpSweep(vantages, [address], signal)).get(address) ?? [])];
}

/** A cluster whose nodes are known by name and address. */
interface ClusterNodes extends Pick<Vantages, 'runAt'> {
  readonly documented: { readonly nodes: readonly { readonly name: string; readonly address: string }[] };
}

/** The nodes that answer for an address, known by the hardware addresses that answer for their own. */
export async function answeringNodes(cluster: ClusterNodes, address: string, signal: AbortSignal): Promise<string[]> {
  const { nodes } = cluster.documented;
  const owners = await arpSweep(cluster, [address, ...nodes.map((node) => node.address)], signal);
  const answering = owners.get(address) ?? [];
  return nodes.filter((node) => owners.get(node.address)?.some((mac) => answering.includes(mac))).map(({ name }) => name);
}

export function ownersText(macs: readonly string[] | undefined): string {
  return macs?.join(', ') || 'no answer';
}
