import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { check } from '../../fixtures/check.ts';
import { addressesOf } from '../../../guide/address.ts';
import { promised } from '../../../guide/limits.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import {
  type ServicePlace,
  addressesGiven,
  announcingNodes,
  assignedAddress,
  lastFreeAddresses,
  loadBalancerService,
  loadBalancers,
} from '../../../harness/platform/metallb/load-balancer.ts';
import { atApi, lateIf } from '../../../harness/engine/measured.ts';
import { type ArpOwners, arpOwners, arpSweep, ownersText } from '../../../harness/probe/arp.ts';
import { WaitTimeout, until } from '../../../harness/engine/waiting.ts';
import { requirements } from '../requirements.ts';

const { addressAssignedMs: assignedWithinMs, announcementSettlesMs: settlesWithinMs } = promised.network;
const atLan = 'lan';

check(
  requirements['NET-LB-ANNOUNCE'],
  async (context, { neutral: { namespace, service } }) => {
    const { cluster, changes, observe, hint, signal } = context;
    const { kubernetes, documented } = cluster;
    hint(
      async () =>
        'kubectl get l2advertisements,ipaddresspools,servicel2statuses -n metallb-system -o yaml: does l2-advert name a pool that exists?',
    );
    const place = { namespace, name: `conform-announced-${nonce()}` };
    await changes.create(loadBalancerService({ ...place, selector: { 'conform-echo': service.name } }));
    const address = await assignedAddress(kubernetes, place, { timeoutMs: assignedWithinMs, signal });
    const [nobodys = ''] = await lastFreeAddresses(kubernetes, documented.pools.tenant, 1);
    const { nodes, owners } = await announcers(cluster, { place, address, besides: [nobodys] }, signal);
    const macs = nodes.map((name) => ownersText(owners.get(addressOfNode(cluster, name))));
    observe({
      key: 'node that MetalLB names for a new address',
      subject: `node that MetalLB names for ${address}`,
      vantage: atApi,
      expected: 'one node',
      saw: nodes.join(', ') || 'none',
      held: nodes.length === 1,
      ...lateIf(nodes.length === 0),
    });
    observe({
      key: 'ARP for a new address',
      subject: `ARP for ${address}`,
      vantage: atLan,
      expected: `only ${macs.join(', ') || 'the node that MetalLB names'}`,
      saw: ownersText(owners.get(address)),
      held: nodes.length === 1 && ownersText(owners.get(address)) === macs[0] && owners.get(address)?.length === 1,
      ...lateIf(nodes.length === 0 || owners.get(address)?.length === 0),
    });
    controlAnswers(context, owners, documented.nodes);
    controlSilence(context, owners, nobodys);
    await kubernetes.raw.delete({ apiVersion: 'v1', kind: 'Service', metadata: place }, {}, signal);
    const silence = await fallsSilent(cluster, address, signal);
    observe({
      key: 'ARP for the address after its Service was deleted',
      subject: `ARP for ${address} after its Service was deleted`,
      vantage: atLan,
      expected: `silence within ${settlesWithinMs / 1000} s`,
      saw: silence.text,
      held: silence.silent,
      ...lateIf(!silence.silent),
    });
  },
  { uses: ['address-pools'] },
);

interface Announcers {
  readonly nodes: readonly string[];
  readonly owners: ArpOwners;
}

/** Waits until the node that MetalLB names is the one that answers for an address; after that time, what there is. */
async function announcers(
  cluster: Cluster,
  { place, address, besides }: { place: ServicePlace; address: string; besides: readonly string[] },
  signal: AbortSignal,
): Promise<Announcers> {
  const asked = [address, ...besides, ...cluster.documented.nodes.map((node) => node.address)];
  let seen: Announcers = { nodes: [], owners: new Map() };
  await until(`speakers to agree on ${address}`, { timeoutMs: settlesWithinMs, everyMs: 500, signal }, async () => {
    const nodes = await announcingNodes(cluster.kubernetes, place, { timeoutMs: settlesWithinMs, signal });
    seen = { nodes, owners: await arpSweep(cluster, asked, signal) };
    const [answering, own] = [ownersText(seen.owners.get(address)), ownersText(seen.owners.get(addressOfNode(cluster, nodes[0] ?? '')))];
    return nodes.length === 1 && answering === own
      ? { done: seen }
      : { notYet: `${nodes.join(', ') || 'nobody'} named, ${answering} answers` };
  }).catch(unlessWaited);
  return seen;
}

async function fallsSilent(cluster: Cluster, address: string, signal: AbortSignal): Promise<{ silent: boolean; text: string }> {
  const startedAt = Date.now();
  try {
    // Asked for three seconds each time: silent from the moment at which the asking began.
    const afterMs = await until(`silence for ${address}`, { timeoutMs: settlesWithinMs, everyMs: 250, signal }, async () => {
      const beganAt = Date.now();
      const answering = await arpOwners(cluster, address, signal);
      return answering.length === 0 ? { done: beganAt - startedAt } : { notYet: ownersText(answering) };
    });
    return { silent: afterMs <= settlesWithinMs, text: `silent after ${(afterMs / 1000).toFixed(1)} s` };
  } catch (error) {
    if (error instanceof WaitTimeout) return { silent: false, text: error.message };
    throw error;
  }
}

function addressOfNode({ documented }: Cluster, node: string): string {
  return documented.nodes.find(({ name }) => name === node)?.address ?? '';
}

function unlessWaited(error: unknown): void {
  if (!(error instanceof WaitTimeout)) throw error;
}

function controlAnswers(
  { control }: Pick<CheckContext, 'control'>,
  owners: ArpOwners,
  hosts: readonly { name: string; address: string }[],
): void {
  for (const { name, address } of hosts)
    control({
      subject: `ARP for ${address} of ${name}`,
      vantage: atLan,
      expected: 'one answer',
      saw: ownersText(owners.get(address)),
      held: owners.get(address)?.length === 1,
    });
}

function controlSilence({ control }: Pick<CheckContext, 'control'>, owners: ArpOwners, address: string): void {
  control({
    key: 'ARP for an address that nobody was given',
    subject: `ARP for ${address}, which nobody was given`,
    vantage: atLan,
    expected: 'no answer',
    saw: ownersText(owners.get(address)),
    held: owners.get(address)?.length === 0,
  });
}

check(
  requirements['NET-LB-RANGE-FREE'],
  async (context) => {
    const { cluster, observe, hint, signal } = context;
    const {
      pools: { admin, tenant },
      lan,
      vip,
      nodes,
    } = cluster.documented;
    // Guide, Service Ranges: MetalLB Pool.
    const range = addressesOf({ first: admin.first, last: tenant.last });
    const known = [{ name: 'the gateway', address: lan.gateway }, { name: 'the virtual IP', address: vip.address }, ...nodes];
    let seen: { strangers: string[]; owners: ArpOwners } = { strangers: [], owners: new Map() };
    // What was released a moment ago may still be answered for.
    await until('silence of unassigned addresses', { timeoutMs: settlesWithinMs, everyMs: 250, signal }, async () => {
      const before = await assignedAddresses(cluster);
      const owners = await arpSweep(cluster, [...range, ...known.map(({ address }) => address)], signal);
      const assigned = new Set([...before, ...(await assignedAddresses(cluster))]);
      seen = { owners, strangers: range.filter((address) => !assigned.has(address) && owners.get(address)?.length !== 0) };
      return seen.strangers.length === 0 ? { done: seen } : { notYet: seen.strangers.join(', ') };
    }).catch(unlessWaited);
    const { strangers, owners } = seen;
    hint(
      async () => `whose network card has the hardware address ${strangers.map((address) => ownersText(owners.get(address))).join(', ')}?`,
    );
    observe({
      subject: `addresses of ${range.length} that answer and that no Service has`,
      vantage: atLan,
      expected: 'none',
      saw: strangers.map((address) => `${address} by ${ownersText(owners.get(address))}`).join('; ') || 'none',
      held: strangers.length === 0,
    });
    controlAnswers(context, owners, known);
  },
  { uses: ['address-pools'] },
);

async function assignedAddresses({ kubernetes }: Cluster): Promise<string[]> {
  return (await loadBalancers(kubernetes)).flatMap(addressesGiven);
}
