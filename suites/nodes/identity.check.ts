import { check } from '../fixtures/check.ts';
import { servingCertificate } from '../../harness/probe/certificate.ts';
import { requirements } from './requirements.ts';

check(requirements['NODE-ADDRESS-STATIC'], async ({ cluster, observe, control, signal }) => {
  const { nodes } = cluster.documented;
  const { items } = await cluster.kubernetes.core.listNode();
  const addressesOf = (name: string): string[] =>
    items
      .find((node) => node.metadata?.name === name)
      ?.status?.addresses?.filter(({ type }) => type === 'InternalIP')
      .map(({ address }) => address) ?? [];
  for (const { name, address } of nodes) {
    const saw = addressesOf(name);
    observe({
      subject: `InternalIP of ${name}`,
      vantage: 'Kubernetes API',
      expected: address,
      saw: saw.join(', ') || 'no such node',
      held: saw.join() === address,
    });
  }
  const certificates = await Promise.all(
    nodes.map(async ({ name, address }) => ({ name, address, certificate: await servingCertificate(address, 10250, signal) })),
  );
  for (const { name, address, certificate } of certificates) {
    observe({
      subject: `kubelet at ${address}:10250`,
      vantage: 'admin workstation',
      expected: `a certificate for ${name}`,
      saw: certificate.names.join(', '),
      held: certificate.isFor(name),
    });
  }
  const [first, second] = certificates;
  control({
    subject: `certificate at ${first?.address} asked for ${second?.name}`,
    vantage: 'admin workstation',
    expected: 'refused',
    saw: first?.certificate.isFor(second?.name ?? '') === false ? 'refused' : 'accepted',
    held: first?.certificate.isFor(second?.name ?? '') === false,
  });
});

check(requirements['NODE-HOSTNAME-STATIC'], async ({ cluster, observe, control, signal }) => {
  const { items } = await cluster.kubernetes.core.listNode();
  const hostname = async (place: string): Promise<string> =>
    (await cluster.runAt(place, ['cat', '/proc/sys/kernel/hostname'], signal)).trim();
  const machines = await Promise.all(
    cluster.documented.nodes.map(async ({ name, address }) => ({ name, address, own: await hostname(name) })),
  );
  for (const { name, address, own } of machines) {
    const label = items.find((node) => node.metadata?.name === name)?.metadata?.labels?.['kubernetes.io/hostname'] ?? 'no such node';
    observe({ subject: `hostname of the machine at ${address}`, vantage: `${name} itself`, expected: name, saw: own, held: own === name });
    observe({
      subject: `label kubernetes.io/hostname of ${name}`,
      vantage: 'Kubernetes API',
      expected: name,
      saw: label,
      held: label === name,
    });
  }
  const elsewhere = await hostname('lan');
  const isNode = machines.some(({ name }) => name === elsewhere);
  control({ subject: 'the same reading on a LAN host', vantage: 'lan', expected: 'the name of no node', saw: elsewhere, held: !isNode });
});
