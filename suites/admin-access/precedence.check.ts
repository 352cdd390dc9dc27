import { randomBytes } from 'node:crypto';
import type { Changes } from '../../harness/changes/changes.ts';
import { check } from '../../harness/check.ts';
import { allowed, anchor, denied } from '../../harness/fixtures/cells.ts';
import { type EchoPod, startEchoPod, workerNames } from '../../harness/fixtures/echo-group.ts';
import { neutral } from '../../harness/fixtures/groups.ts';
import { connections } from '../../harness/vantage/connections.ts';
import { firstAnswer } from '../../harness/vantage/first-answer.ts';
import { blocked } from '../../harness/vantage/probe.ts';
import { inForceMs } from './opened.ts';
import { requirements } from './requirements.ts';

const admit = { NAME: 'admit-all', INGRESS: '[{}]' };
const shut = { NAME: 'deny-all', INGRESS: '[]' };

async function setPolicy(changes: Changes, { namespace, pod }: EchoPod, policy: typeof admit): Promise<void> {
  await changes.createFrom(`${import.meta.dirname}/network-policy.yaml`, { NAMESPACE: namespace, POD: pod, ...policy });
}

check(requirements['ADM-GNP-BEFORE-NP'], async (context) => {
  const { changes, cluster, hint, signal } = context;
  hint(async () => 'kubectl get globalnetworkpolicies.projectcalico.org: orders 100 and 200 must come before 1000, the order of every NetworkPolicy');
  const namespace = `conform-precedence-${randomBytes(3).toString('hex')}`;
  const [, { pods: unprotected }] = await Promise.all([changes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }), neutral()]);
  const [node = ''] = workerNames(cluster);
  const [platform = ''] = cluster.documented.platformNamespaces;
  const start = (where: string): Promise<EchoPod> => startEchoPod(context, { namespace: where, node });
  const [admitting, shutting, admittingElsewhere, shuttingElsewhere] = await Promise.all([start(platform), start(platform), start(namespace), start(namespace)]);
  // On one node, and the last one is waited for: then those before it are in force too.
  for (const pod of [admitting, admittingElsewhere]) await setPolicy(changes, pod, admit);
  for (const pod of [admittingElsewhere, shutting, shuttingElsewhere]) await setPolicy(changes, pod, shut);
  const [admin, outsider] = [{ host: 'admin' }, { host: 'outsider' }];
  const inForce = await firstAnswer(cluster, { from: admin, to: shuttingElsewhere.tcp }, { timeoutMs: inForceMs, signal, until: blocked });
  if (!inForce.answered) throw new Error(`a NetworkPolicy that denies all is not in force: ${inForce.text}`);
  await connections(context, [
    { ...denied, from: outsider, to: admitting.tcp, name: 'a platform pod whose NetworkPolicy admits all' },
    { ...allowed, from: admin, to: shutting.tcp, name: 'a platform pod whose NetworkPolicy denies all' },
    { ...anchor, from: admin, to: admitting.tcp, name: 'a platform pod whose NetworkPolicy admits all' },
    { role: 'control', expect: 'denied', from: admin, to: shuttingElsewhere.tcp, name: 'a pod elsewhere whose NetworkPolicy denies all' },
    { ...anchor, from: outsider, to: admittingElsewhere.tcp, name: 'a pod elsewhere whose NetworkPolicies admit and deny all' },
    { ...anchor, from: outsider, to: unprotected[0].tcp, name: 'a pod without policies' },
  ]);
});
