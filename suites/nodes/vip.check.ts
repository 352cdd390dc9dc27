import type { V1ConfigMap } from '@kubernetes/client-node';
import { promised } from '../../guide/limits.ts';
import { attempt } from '../../harness/engine/attempt.ts';
import type { Measured } from '../../harness/engine/evidence.ts';
import { equal } from '../../harness/engine/measured.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { arpOwners } from '../../harness/probe/arp.ts';
import { type HandshakeAttempt, attemptHandshake } from '../../harness/probe/certificate.ts';
import { type ClaimAttempt, atHost, claim } from '../../harness/probe/claims.ts';
import { check } from '../fixtures/check.ts';
import { answersOfFour } from './ping.ts';
import { requirements } from './requirements.ts';

const apiPort = 6443;
/** The runner works at the administrator's place and with its network. */
const workstation = 'admin workstation';

check(requirements['NODE-VIP-ANSWERS'], async (context) => {
  const { cluster, connect, observe, control, hint, signal } = context;
  const { vip, lan, nodes } = cluster.documented;
  hint(async () => `arping ${vip.address} on the LAN; ip address on each control plane; talosctl get vipstatus: who holds the virtual IP?`);
  const controlPlane = nodes.find(({ role }) => role === 'control-plane');
  if (controlPlane === undefined) throw new Error('the documented cluster has no control plane');
  for (const measured of await pings(context, controlPlane)) {
    if (measured.role === 'observation') observe(measured.measured);
    else control(measured.measured);
  }
  const from = atHost('admin');
  const api = (name: string, host: string, expect: ClaimAttempt['expect'], role: ClaimAttempt['role']): ClaimAttempt => ({
    role,
    from,
    to: { name, target: { kind: 'tcp', host, port: apiPort } },
    expect,
  });
  await connect([
    claim([
      api('the API at the virtual IP', vip.address, 'reached', 'observation'),
      api(`the API at ${controlPlane.name}`, controlPlane.address, 'reached', 'control'),
      api('the API at an address that nobody has', lan.unused, 'not-reached', 'control'),
    ]),
  ]);

  const authority = await clusterAuthority(context);
  const at = (address: string, name: string): Promise<HandshakeAttempt> =>
    attemptHandshake({ address, port: apiPort, name, authority }, signal);
  const [byName, byOtherName] = await Promise.all([
    at(vip.address, vip.hostname),
    at(controlPlane.address, `conform-no-such-name.${vip.hostname}`),
  ]);
  observe({
    subject: `certificate at ${vip.address}:${apiPort} for a client that asks for ${vip.hostname}`,
    vantage: workstation,
    expected: `for ${vip.hostname} and ${vip.address}, of the cluster's authority`,
    saw: handshakeText(byName),
    held: !('refused' in byName) && byName.isTrusted && hasNames(byName.names, [`DNS:${vip.hostname}`, `IP Address:${vip.address}`]),
  });
  control({
    subject: `certificate at ${controlPlane.address}:${apiPort} for a client that asks for another name`,
    vantage: workstation,
    expected: 'not accepted',
    saw: handshakeText(byOtherName),
    held: !('refused' in byOtherName) && !byOtherName.isTrusted,
  });
  observe(await objectByVip(context));
});

/** Four echo requests each: at the virtual IP from the LAN and from beyond the gateway, and at two addresses that tell what they are worth. */
async function pings(
  { cluster, signal }: CheckContext,
  controlPlane: { readonly name: string; readonly address: string },
): Promise<{ role: ClaimAttempt['role']; measured: Measured }[]> {
  const { vip, lan } = cluster.documented;
  const wanted = [
    { role: 'observation', from: 'lan', to: vip.address, of: 'the virtual IP', answers: 4 },
    { role: 'observation', from: 'admin', to: vip.address, of: 'the virtual IP', answers: 4 },
    { role: 'control', from: 'lan', to: controlPlane.address, of: controlPlane.name, answers: 4 },
    { role: 'control', from: 'lan', to: lan.unused, of: 'an address that nobody has', answers: 0 },
  ] as const;
  return Promise.all(
    wanted.map(async ({ role, from, to, of, answers }) => {
      const saw = await answersOfFour(cluster, { from, to }, signal);
      const expected = `${answers} of 4 answers`;
      return { role, measured: equal(`ping of ${of}, ${to}, from ${from}`, { expected, saw: `${saw} of 4 answers`, vantage: from }) };
    }),
  );
}

/** PEM of the authority that signs the API servers' certificates (Kubernetes: RootCAConfigMap). */
async function clusterAuthority({ cluster }: CheckContext): Promise<string> {
  const { data } = await cluster.kubernetes.core.readNamespacedConfigMap({ namespace: 'kube-system', name: 'kube-root-ca.crt' });
  const authority = data?.['ca.crt'];
  if (authority === undefined) throw new Error('ConfigMap kube-root-ca.crt has no ca.crt');
  return authority;
}

function hasNames(names: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((name) => names.includes(name));
}

function handshakeText(seen: HandshakeAttempt): string {
  if ('refused' in seen) return `no handshake: ${seen.refused}`;
  return `${seen.isTrusted ? 'accepted' : `not accepted (${seen.reason})`}, for ${seen.names.join(', ')}`;
}

/** An object is written, read and deleted by the virtual IP's own address: whatever else leads to the API does not count. */
async function objectByVip({ cluster, changes, signal }: CheckContext): Promise<Measured> {
  const { vip } = cluster.documented;
  const value = nonce();
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `conform-vip-${value}`, namespace: 'default' } };
  await changes.expect(ref);
  const written: V1ConfigMap = { ...ref, data: { written: value } };
  const { raw } = cluster.kubernetes.at(vip.address);
  const startedAt = Date.now();
  // That the API answers there is the promise, so a failure of transport is a measurement.
  const done = await attempt(signal, async () => {
    await raw.create(written, signal);
    const read: V1ConfigMap | undefined = await raw.read(ref, signal);
    await raw.delete(ref, {}, signal);
    return read?.data?.['written'] ?? 'nothing';
  });
  const afterMs = Date.now() - startedAt;
  const withinMs = promised.nodes.apiByVipMs;
  return {
    subject: `an object written, read and deleted at ${vip.address}:${apiPort}`,
    vantage: workstation,
    expected: `as it was written, within ${withinMs / 1000} s`,
    saw: done.kind === 'done' ? `${done.value === value ? 'as it was written' : done.value}, after ${afterMs} ms` : done.text,
    held: done.kind === 'done' && done.value === value && afterMs <= withinMs,
  };
}

check(requirements['NODE-VIP-ONE-HOLDER'], async ({ cluster, observe, control, signal }) => {
  const { vip, nodes, lan } = cluster.documented;
  const held = await Promise.all(
    nodes.map(async (node) => ({
      ...node,
      hasVip: (await cluster.runAt(node.name, ['ip', '-4', '-o', 'address'], signal)).includes(` ${vip.address}/`),
      mac: await arpOwners(cluster, node.address, signal),
    })),
  );
  const holders = held.filter(({ hasVip }) => hasVip);
  const names = holders.map(({ name }) => name).join(', ') || 'none';
  const [answering, nobody] = await Promise.all([arpOwners(cluster, vip.address, signal), arpOwners(cluster, lan.unused, signal)]);
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
    subject: `ARP for ${lan.unused}, which nobody has`,
    vantage: 'lan',
    expected: 'no answer',
    saw: nobody.join(', ') || 'no answer',
    held: nobody.length === 0,
  });
});
