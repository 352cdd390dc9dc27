import { isWithinCidr } from '../../guide/address.ts';
import { promised } from '../../guide/limits.ts';
import { atApi, equal, noneOf } from '../../harness/engine/measured.ts';
import { isReady } from '../../harness/platform/kubernetes/kubernetes.ts';
import { type Destination, atHost, reach, unpublished } from '../../harness/probe/claims.ts';
import { servingCertificate } from '../../harness/probe/certificate.ts';
import { controlPlanes, workers } from '../admin-access/documented-nodes.ts';
import { check } from '../fixtures/check.ts';
import { ofMachines } from './machines.ts';
import { requirements } from './requirements.ts';

const kubeletPort = 10_250;
const apiPort = 6443;
const workstation = 'admin workstation';
const roleLabel = 'node-role.kubernetes.io/control-plane';

check(requirements['NODE-SET-EXACT'], async ({ cluster, observe, control, hint }) => {
  hint(async () => 'kubectl get nodes; kubectl -n kube-node-lease get leases: which kubelet has stopped to renew?');
  const { kubernetes, documented } = cluster;
  const [{ items }, leases] = await Promise.all([
    kubernetes.core.listNode(),
    kubernetes.coordination.listNamespacedLease({ namespace: 'kube-node-lease' }),
  ]);
  const now = Date.now();
  const names = documented.nodes.map(({ name }) => name);
  const found = items.map(({ metadata }) => metadata?.name ?? '');
  observe(equal('nodes of the cluster', { expected: names, saw: found }));
  observe(noneOf('nodes that are not Ready', { saw: items.filter((node) => !isReady(node)).map(({ metadata }) => metadata?.name ?? '') }));
  const ageOf = (name: string): number =>
    now - new Date(leases.items.find(({ metadata }) => metadata?.name === name)?.spec?.renewTime ?? 0).getTime();
  for (const name of names)
    observe({
      key: `age of the Lease of ${name}`,
      subject: `age of the Lease that the kubelet of ${name} renews`,
      vantage: atApi,
      expected: `at most ${promised.nodes.nodeSignMs / 1000} s`,
      saw: found.includes(name) ? `${Math.round(ageOf(name) / 1000)} s` : 'no such node',
      held: ageOf(name) <= promised.nodes.nodeSignMs,
    });
  const elsewhere = await kubernetes.core.listNode({ labelSelector: 'kubernetes.io/hostname=w99' });
  control(
    noneOf('nodes by a name that the guide does not have, w99', { saw: elsewhere.items.map(({ metadata }) => metadata?.name ?? '') }),
  );
});

check(requirements['NODE-ADDRESS-STATIC'], async ({ cluster, observe, control, signal }) => {
  const { nodes, lan, vip } = cluster.documented;
  const { items } = await cluster.kubernetes.core.listNode();
  const addressesOf = (name: string): string[] =>
    (items.find(({ metadata }) => metadata?.name === name)?.status?.addresses ?? [])
      .filter(({ type }) => type === 'InternalIP')
      .map(({ address }) => address);
  for (const { name, address } of nodes) observe(equal(`InternalIP of ${name}`, { expected: [address], saw: addressesOf(name) }));
  const undocumented = items.map(({ metadata }) => metadata?.name ?? '').filter((name) => nodes.every((node) => node.name !== name));
  for (const name of undocumented) {
    const saw = addressesOf(name);
    observe({
      subject: `InternalIP of ${name}, which the guide does not name`,
      vantage: atApi,
      expected: `one of ${lan.cidr}, and not ${vip.address}`,
      saw: saw.join(', ') || 'none',
      held: saw.length === 1 && saw.every((address) => isWithinCidr(address, lan.cidr) && address !== vip.address),
    });
  }
  const certificates = await Promise.all(
    nodes.map(async ({ name, address }) => ({ name, address, certificate: await servingCertificate(address, kubeletPort, signal) })),
  );
  for (const { name, address, certificate } of certificates)
    observe({
      subject: `kubelet at ${address}:${kubeletPort}`,
      vantage: workstation,
      expected: `a certificate for ${name}`,
      saw: certificate.names.join(', '),
      held: certificate.isFor(name),
    });
  const [first, second] = certificates;
  if (first === undefined || second === undefined) throw new Error('the documented cluster has fewer than two nodes');
  control(
    equal(`certificate at ${first.address} asked for ${second.name}`, {
      expected: 'refused',
      saw: first.certificate.isFor(second.name) ? 'accepted' : 'refused',
      vantage: workstation,
    }),
  );
});

interface HostnameSpec {
  readonly hostname: string;
  readonly layer: string;
}

check(requirements['NODE-HOSTNAME-STATIC'], async ({ cluster, observe, control, signal }) => {
  const { items } = await cluster.kubernetes.core.listNode();
  const hostname = async (place: string): Promise<string> =>
    (await cluster.runAt(place, ['cat', '/proc/sys/kernel/hostname'], signal)).trim();
  const machines = await ofMachines(cluster, cluster.documented.nodes, async (machine, { name }) => ({
    own: await hostname(name),
    told: await machine.hostname(),
    layers: (await machine.list<HostnameSpec>('hostnamespecs', 'network-config')).map(({ spec }) => spec),
  }));
  for (const { node, vantage, value } of machines) {
    const { name, address } = node;
    const label = items.find(({ metadata }) => metadata?.name === name)?.metadata?.labels?.['kubernetes.io/hostname'] ?? 'no such node';
    observe(equal(`hostname of the machine at ${address}`, { expected: name, saw: value.own, vantage: `${name} itself` }));
    observe(equal(`label kubernetes.io/hostname of ${name}`, { expected: name, saw: label }));
    observe(equal(`HostnameStatus of ${name}`, { expected: name, saw: value.told, vantage }));
    observe(
      equal(`hostnames that the configuration of ${name} asks for`, {
        expected: [name],
        saw: value.layers.filter(({ layer }) => layer === 'configuration').map((spec) => spec.hostname),
        vantage,
      }),
    );
    const other = value.layers.filter(({ layer }) => layer === 'default').map((spec) => spec.hostname);
    control({
      subject: `hostname that ${name} would have without a configured one`,
      vantage,
      expected: `another than ${name}`,
      saw: other.join(', ') || 'none',
      held: other.length > 0 && !other.includes(name),
    });
  }
  const elsewhere = await hostname('lan');
  const isNode = machines.some(({ node }) => node.name === elsewhere);
  control({ subject: 'the same reading on a LAN host', vantage: 'lan', expected: 'the name of no node', saw: elsewhere, held: !isNode });
});

check(requirements['NODE-ROLE-LABELS'], async ({ cluster, connect, observe, control }) => {
  const { kubernetes, documented } = cluster;
  const { items } = await kubernetes.core.listNode();
  const expected = controlPlanes(cluster).map(({ name }) => name);
  const labelled = items.filter(({ metadata }) => metadata?.labels?.[roleLabel] !== undefined).map(({ metadata }) => metadata?.name ?? '');
  observe(equal(`nodes with the label ${roleLabel}`, { expected, saw: labelled }));
  const types = await ofMachines(cluster, documented.nodes, async (machine) =>
    (await machine.list<string>('machinetypes')).map(({ spec }) => spec),
  );
  for (const { node, vantage, value } of types)
    observe(
      equal(`machine type of ${node.name}`, { expected: [node.role === 'control-plane' ? 'controlplane' : 'worker'], saw: value, vantage }),
    );
  // An API server on a worker would answer; that the kubelet does shows that the worker is there.
  const from = atHost('admin');
  const at =
    (port: number) =>
    (node: { readonly name: string; readonly address: string }): Destination => ({
      name: `port ${port} of ${node.name}`,
      target: { kind: 'tcp', host: node.address, port },
    });
  await connect([
    reach({ from, to: controlPlanes(cluster).map(at(apiPort)) }),
    unpublished({
      from,
      to: workers(cluster).map(at(apiPort)),
      hostsAnswer: workers(cluster).map((node) => ({ from, to: at(kubeletPort)(node) })),
    }),
  ]);
  control({
    subject: 'the same reading of a label that every node has',
    vantage: atApi,
    expected: `${documented.nodes.length} nodes`,
    saw: `${items.filter(({ metadata }) => metadata?.labels?.['kubernetes.io/hostname'] !== undefined).length} nodes`,
    held: items.every(({ metadata }) => metadata?.labels?.['kubernetes.io/hostname'] !== undefined),
  });
});
