import { randomBytes } from 'node:crypto';
import { attempt } from '../../harness/engine/attempt.ts';
import { check } from '../fixtures/check.ts';
import { arpOwners } from '../../harness/probe/arp.ts';
import { requirements } from './requirements.ts';

/** An address of the LAN that nobody has (guide: Network Reference lists all that are taken). */
const unusedAddress = '192.168.29.99';

check(requirements['NODE-VIP-ANSWERS'], async ({ cluster, observe, control, signal }) => {
  const { address, hostname } = cluster.documented.vip;
  const pings = async (place: string, target: string): Promise<string> => {
    const output = await cluster.runAt(place, ['sh', '-c', `ping -c 4 -i 0.2 -W 1 ${target} || true`], signal);
    return /(\d+) received/.exec(output)?.[1] ?? output;
  };
  const [lan, outside, nobody] = await Promise.all([pings('lan', address), pings('admin', address), pings('lan', unusedAddress)]);
  observe({ subject: `ping ${address}`, vantage: 'lan', expected: '4 of 4 answers', saw: `${lan} of 4`, held: lan === '4' });
  observe({ subject: `ping ${address}`, vantage: 'admin', expected: '4 of 4 answers', saw: `${outside} of 4`, held: outside === '4' });
  control({
    subject: `ping ${unusedAddress}, which nobody has`,
    vantage: 'lan',
    expected: '0 of 4 answers',
    saw: `${nobody} of 4`,
    held: nobody === '0',
  });

  const name = `conform-${randomBytes(4).toString('hex')}`;
  const place = { namespace: 'default', name };
  const { core } = cluster.kubernetes;
  const written = await attempt(signal, async () => {
    await core.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name }, data: { written: name } } });
    const read = await core.readNamespacedConfigMap(place);
    await core.deleteNamespacedConfigMap(place);
    return read.data?.['written'] ?? 'nothing';
  });
  const saw = written.kind === 'done' ? written.value : written.text;
  observe({
    subject: `an object written, read and deleted at https://${hostname}:6443`,
    vantage: 'admin',
    expected: name,
    saw,
    held: saw === name,
  });
});

check(requirements['NODE-VIP-ONE-HOLDER'], async ({ cluster, observe, control, signal }) => {
  const { vip, nodes } = cluster.documented;
  const held = await Promise.all(
    nodes.map(async (node) => ({
      ...node,
      hasVip: (await cluster.runAt(node.name, ['ip', '-4', '-o', 'address'], signal)).includes(` ${vip.address}/`),
      mac: await arpOwners(cluster, node.address, signal),
    })),
  );
  const holders = held.filter(({ hasVip }) => hasVip);
  const names = holders.map(({ name }) => name).join(', ') || 'none';
  const [answering, nobody] = await Promise.all([arpOwners(cluster, vip.address, signal), arpOwners(cluster, unusedAddress, signal)]);
  observe({
    subject: `nodes that have ${vip.address}`,
    vantage: 'every node',
    expected: 'one control plane',
    saw: names,
    held: holders.length === 1 && holders.every(({ role }) => role === 'control-plane'),
  });
  const holderMac = holders.flatMap(({ mac }) => mac).join(', ');
  observe({
    subject: `ARP for ${vip.address}`,
    vantage: 'lan',
    expected: `only ${holderMac} of ${names}`,
    saw: answering.join(', ') || 'no answer',
    held: answering.length === 1 && answering[0] === holderMac,
  });
  for (const { name, address, mac } of held)
    control({
      subject: `ARP for ${name} ${address}`,
      vantage: 'lan',
      expected: 'one answer',
      saw: mac.join(', ') || 'no answer',
      held: mac.length === 1,
    });
  control({
    subject: `ARP for ${unusedAddress}, which nobody has`,
    vantage: 'lan',
    expected: 'no answer',
    saw: nobody.join(', ') || 'no answer',
    held: nobody.length === 0,
  });
});
