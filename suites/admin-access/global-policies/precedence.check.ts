import { nonce } from '../../../harness/engine/stable-key.ts';
import type { Changes } from '../../../harness/engine/changes/changes.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { check } from '../../fixtures/check.ts';
import { allowed, anchor, denied } from '../../fixtures/cells.ts';
import { startEchoPod, workerNames } from '../../fixtures/echo-group.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import { type Target, blocked } from '../../../harness/probe/probe.ts';
import { echoDoors, openDoors, withDoors } from '../doors.ts';
import { inForceMs } from './opened.ts';
import { requirements } from '../requirements.ts';

/** An echo pod, and the door to it. */
interface Published {
  readonly namespace: string;
  readonly pod: string;
  readonly to: Target;
}

async function publishedPod(context: CheckContext, namespace: string): Promise<Published> {
  const [node = ''] = workerNames(context.cluster);
  const { pod } = await startEchoPod(context, { namespace, node });
  const [door] = await openDoors(context, { namespace, selector: { 'conform-pod': pod }, ports: [{ port: 8080 }] });
  if (door === undefined) throw new Error(`there is no door to ${namespace}/${pod}`);
  return { namespace, pod, to: door.to };
}

const admit = { NAME: 'admit-all', INGRESS: '[{}]' };
const shut = { NAME: 'deny-all', INGRESS: '[]' };

async function setPolicy(changes: Changes, { namespace, pod }: Published, policy: typeof admit): Promise<void> {
  await changes.createFrom(`${import.meta.dirname}/network-policy.yaml`, { NAMESPACE: namespace, POD: pod, ...policy });
}

check(
  requirements['ADM-GNP-BEFORE-NP'],
  async (context) => {
    const { changes, cluster, hint, signal } = context;
    hint(
      async () =>
        'kubectl get globalnetworkpolicies.projectcalico.org: orders 100 and 200 must come before 1000, the order of every NetworkPolicy',
    );
    const elsewhere = `conform-precedence-${nonce()}`;
    const [, { unprotected }] = await Promise.all([
      changes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: elsewhere } }),
      echoDoors(),
    ]);
    const [platform = ''] = cluster.documented.platformNamespaces;
    const [admitting, shutting, admittingElsewhere, shuttingElsewhere] = await Promise.all([
      publishedPod(context, platform),
      publishedPod(context, platform),
      publishedPod(context, elsewhere),
      publishedPod(context, elsewhere),
    ]);
    // All are on one node, and the last policy is waited for: then those before it are in force too.
    for (const pod of [admitting, admittingElsewhere]) await setPolicy(changes, pod, admit);
    for (const pod of [admittingElsewhere, shutting, shuttingElsewhere]) await setPolicy(changes, pod, shut);
    const [admin, outsider] = [{ host: 'admin' }, { host: 'outsider' }];
    const inForce = await firstAnswer(cluster, { from: admin, to: shuttingElsewhere.to }, { timeoutMs: inForceMs, signal, until: blocked });
    if (!inForce.answered) throw new Error(`a NetworkPolicy that denies all is not in force: ${inForce.text}`);
    await connections(context, [
      { ...denied, from: outsider, to: admitting.to, name: 'a platform pod whose NetworkPolicy admits all' },
      { ...allowed, from: admin, to: shutting.to, name: 'a platform pod whose NetworkPolicy denies all' },
      { ...anchor, from: admin, to: admitting.to, name: 'a platform pod whose NetworkPolicy admits all' },
      { role: 'control', expect: 'denied', from: admin, to: shuttingElsewhere.to, name: 'a pod elsewhere whose NetworkPolicy denies all' },
      { ...anchor, from: outsider, to: admittingElsewhere.to, name: 'a pod elsewhere whose NetworkPolicies admit and deny all' },
      ...unprotected.map(({ name, to }): Connection => ({ ...anchor, from: outsider, to, name })),
    ]);
  },
  withDoors,
);
