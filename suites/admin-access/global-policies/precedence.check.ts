import { promised } from '../../../guide/limits.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { Changes } from '../../../harness/engine/changes/changes.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { type ClaimAttempt, type Destination, atHost, claim, denial } from '../../../harness/probe/claims.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import { blocked } from '../../../harness/probe/probe.ts';
import { startEchoPod, workerNames } from '../../fixtures/echo-group.ts';
import { check } from '../check.ts';
import { type WayIn, openDoors, toEchoPod } from '../doors.ts';
import { requirements } from '../requirements.ts';
import { workstation } from '../vantages.ts';

/** An echo pod, and the door to it. */
interface Published {
  readonly namespace: string;
  readonly pod: string;
  readonly door: Destination;
}

/** All are on one worker, so that the policy that comes last tells when those before it are in force. */
async function publishedPod(
  context: CheckContext,
  way: WayIn,
  { namespace, name }: { namespace: string; name: string },
): Promise<Published> {
  const [node = ''] = workerNames(context.cluster);
  const { pod } = await startEchoPod(context, { namespace, node });
  const [door] = await openDoors(context, way, toEchoPod({ name, namespace, pod }));
  if (door === undefined) throw new Error(`there is no door to ${namespace}/${pod}`);
  return { namespace, pod, door };
}

const admit = { NAME: 'admit-all', INGRESS: '[{}]' };
const shut = { NAME: 'deny-all', INGRESS: '[]' };

async function setPolicy(changes: Changes, { namespace, pod }: Published, policy: typeof admit): Promise<void> {
  await changes.createFrom(`${import.meta.dirname}/network-policy.yaml`, { NAMESPACE: namespace, POD: pod, ...policy });
}

check(requirements['ADM-GNP-BEFORE-NP'], async (context, { wayIn, echoDoors: { unprotected } }) => {
  const { changes, cluster, connect, hint, signal } = context;
  hint(
    async () =>
      'kubectl get globalnetworkpolicies.projectcalico.org: orders 100 and 200 must come before 1000, the order of every NetworkPolicy',
  );
  const elsewhere = `conform-precedence-${nonce()}`;
  await changes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: elsewhere } });
  const [platform = ''] = cluster.documented.platformNamespaces;
  const [admitting, shutting, admittingElsewhere, shuttingElsewhere] = await Promise.all([
    publishedPod(context, wayIn, { namespace: platform, name: 'platform pod whose NetworkPolicy admits all' }),
    publishedPod(context, wayIn, { namespace: platform, name: 'platform pod whose NetworkPolicy denies all' }),
    publishedPod(context, wayIn, { namespace: elsewhere, name: 'pod elsewhere whose NetworkPolicies admit and deny all' }),
    publishedPod(context, wayIn, { namespace: elsewhere, name: 'pod elsewhere whose NetworkPolicy denies all' }),
  ]);
  for (const pod of [admitting, admittingElsewhere]) await setPolicy(changes, pod, admit);
  for (const pod of [admittingElsewhere, shutting, shuttingElsewhere]) await setPolicy(changes, pod, shut);
  const last = { from: workstation.place, to: shuttingElsewhere.door.target };
  const inForce = await firstAnswer(cluster, last, { timeoutMs: promised.adminAccess.policyInForceMs, signal, until: blocked });
  if (!inForce.answered) throw new Error(`a NetworkPolicy that denies all is not in force: ${inForce.text}`);
  const outsider = atHost('outsider');
  const control = (from: typeof outsider, to: Destination, expect: 'reached' | 'denied'): ClaimAttempt => ({
    role: 'control',
    from,
    to,
    expect,
  });
  await connect([
    denial({
      from: outsider,
      to: admitting.door,
      sameSourceReaches: [...unprotected, admittingElsewhere.door],
      targetAnswers: workstation,
    }),
    claim([
      { role: 'observation', from: workstation, to: shutting.door, expect: 'reached' },
      control(workstation, shuttingElsewhere.door, 'denied'),
      control(outsider, admittingElsewhere.door, 'reached'),
    ]),
  ]);
});
