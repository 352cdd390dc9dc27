import type { Measured } from '../../../harness/engine/evidence.ts';
import { type AddressPool, poolText } from '../../../harness/platform/metallb/address-pools.ts';
import { type ArpOwners, ownersText } from '../../../harness/probe/arp.ts';

/** The host on the LAN from which addresses are asked for by ARP. */
export const lan = { host: 'lan' };

export async function whichPools(): Promise<string> {
  return 'kubectl get ipaddresspools,l2advertisements -n metallb-system -o yaml: is default-pool still there?';
}

/** Whether ARP answers as often as it must: once for an address that somebody has, else not at all. */
export function arp(owners: ArpOwners, { address, whose, answers }: { address: string; whose: string; answers: 0 | 1 }): Measured {
  return {
    key: `ARP for an address ${whose}`,
    subject: `ARP for ${address} ${whose}`,
    vantage: lan.host,
    expected: answers === 1 ? 'one answer' : 'no answer',
    saw: ownersText(owners.get(address)),
    held: owners.get(address)?.length === answers,
  };
}

/** The pool of that name in words; where there is none, the pools that there are. */
export function named(pools: readonly AddressPool[], name: string): string {
  const pool = pools.find((each) => each.name === name);
  return pool === undefined ? `no such pool; there are ${pools.map(poolText).join('; ') || 'none'}` : poolText(pool);
}
