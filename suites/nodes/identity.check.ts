import { isWithinCidr } from '../../guide/address.ts';
import { equal } from '../../harness/engine/measured.ts';
import { servingCertificate } from '../../harness/probe/certificate.ts';
import { check } from '../fixtures/check.ts';
import { requirements } from './requirements.ts';

const kubeletPort = 10_250;
const workstation = 'admin workstation';

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
      vantage: 'Kubernetes API',
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

check(requirements['NODE-HOSTNAME-STATIC'], async ({ cluster, observe, control, signal }) => {
  const { items } = await cluster.kubernetes.core.listNode();
  const hostname = async (place: string): Promise<string> =>
    (await cluster.runAt(place, ['cat', '/proc/sys/kernel/hostname'], signal)).trim();
  const machines = await Promise.all(
    cluster.documented.nodes.map(async ({ name, address }) => ({ name, address, own: await hostname(name) })),
  );
  for (const { name, address, own } of machines) {
    const label = items.find(({ metadata }) => metadata?.name === name)?.metadata?.labels?.['kubernetes.io/hostname'] ?? 'no such node';
    observe(equal(`hostname of the machine at ${address}`, { expected: name, saw: own, vantage: `${name} itself` }));
    observe(equal(`label kubernetes.io/hostname of ${name}`, { expected: name, saw: label }));
  }
  const elsewhere = await hostname('lan');
  const isNode = machines.some(({ name }) => name === elsewhere);
  control({ subject: 'the same reading on a LAN host', vantage: 'lan', expected: 'the name of no node', saw: elsewhere, held: !isNode });
});
