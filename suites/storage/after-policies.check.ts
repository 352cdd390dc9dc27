import { promised } from '../../guide/limits.ts';
import { equal, lateIf, noneOf } from '../../harness/engine/measured.ts';
import { patience } from '../../harness/engine/patience.ts';
import { until } from '../../harness/engine/waiting.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { isReady } from '../../harness/platform/kubernetes/kubernetes.ts';
import { longhorn, longhornNamespace, managerPort } from '../../harness/platform/longhorn/longhorn.ts';
import type { ClaimAttempt } from '../../harness/probe/claims.ts';
import { type EchoGroup, workerNames } from '../fixtures/echo-group.ts';
import { inTime } from '../fixtures/in-time.ts';
import { check } from './check.ts';
import { readPattern, writePattern } from './pattern.ts';
import { documentedReplicas, onEach, wholeReplicas } from './replicas.ts';
import { requirements } from './requirements.ts';
import { arrived, mountedOn, newClaim, removePod, volumeName } from './scratch-volumes.ts';

const managers = { namespace: longhornNamespace, name: 'longhorn-manager', selector: 'app=longhorn-manager' };

check(
  requirements['STOR-AFTER-POLICIES'],
  async (context, { ordinary }) => {
    const { cluster, observe, hint } = context;
    hint(
      async () =>
        'kubectl get globalnetworkpolicies; kubectl -n longhorn-system logs -l app=longhorn-manager: which connections are refused?',
    );
    await policiesAreInForce(context, ordinary);
    if (arrived(context, 'the managers, restarted', await restarted(context)) === undefined) return;
    const [one = '', other = ''] = workerNames(cluster);
    const place = await newClaim(context);
    const pod = arrived(context, 'a new volume', await mountedOn(context, place, one));
    if (pod === undefined) return;
    const volume = await volumeName(context, place);
    const seen = await wholeReplicas(context, volume, { count: documentedReplicas, timeoutMs: promised.storage.replicasHealthyMs });
    observe(onEach('workers with a whole replica of it', workerNames(cluster), seen));
    const digest = await writePattern(context, pod, { file: 'pattern', mebibytes: 16 });
    await removePod(context, pod);
    const second = arrived(context, `the volume on ${other}`, await mountedOn(context, place, other));
    if (second === undefined) return;
    observe(equal('its data there', { expected: digest, saw: await readPattern(context, second, 'pattern'), vantage: `pod on ${other}` }));
    await removePod(context, second);
    await cluster.kubernetes.core.deleteNamespacedPersistentVolumeClaim({ namespace: place.namespace, name: place.claim });
    await deleted(context, volume);
  },
  { changes: ['longhorn'], deadlineMs: 900_000 },
);

/** Somebody who is on no list does not reach a manager, while he reaches what all may reach. */
async function policiesAreInForce({ cluster, connect }: CheckContext, { pods }: EchoGroup): Promise<void> {
  const { items } = await cluster.kubernetes.core.listNamespacedPod({ namespace: managers.namespace, labelSelector: managers.selector });
  const { podIP, hostIP } = items.find(isReady)?.status ?? {};
  if (podIP === undefined) throw new Error('no manager of Longhorn is Ready');
  // Its own node reaches a pod past every policy.
  const node = cluster.documented.nodes.find(({ address }) => address === hostIP)?.name ?? '';
  const manager = { kind: 'tcp', host: podIP, port: managerPort } as const;
  const dns = { name: 'cluster DNS', target: { kind: 'tcp', host: cluster.documented.dnsServiceAddress, port: 53 } } as const;
  await connect([
    {
      attempts: [
        ...pods.flatMap(({ node: on, place }): ClaimAttempt[] => {
          const from = { name: `default on ${on}`, place };
          return [
            { role: 'control', from, to: { name: 'a manager', target: manager }, expect: 'denied' },
            { role: 'control', from, to: dns, expect: 'reached' },
          ];
        }),
        {
          role: 'control',
          from: { name: 'the node of that manager', place: { host: node } },
          to: { name: 'a manager', target: manager },
          expect: 'reached',
        },
      ],
    },
  ]);
}

/** All managers anew, so that every connection is. */
async function restarted({ cluster: { kubernetes }, changes, signal }: CheckContext) {
  await changes.awaitDaemonSet(managers);
  const query = { namespace: managers.namespace, labelSelector: managers.selector };
  const before = (await kubernetes.core.listNamespacedPod(query)).items.map(({ metadata }) => metadata?.name ?? '');
  await Promise.all(
    before.map((name) => kubernetes.core.deleteNamespacedPod({ namespace: managers.namespace, name, gracePeriodSeconds: 3 })),
  );
  return inTime(() =>
    until('the managers to be Ready', { timeoutMs: patience('agentsRestarted'), everyMs: 1000, signal }, async () => {
      const { items } = await kubernetes.core.listNamespacedPod(query);
      const ready = items.filter((pod) => isReady(pod) && !before.includes(pod.metadata?.name ?? ''));
      return ready.length >= before.length ? { done: ready.length } : { notYet: `${ready.length} of ${before.length}` };
    }),
  );
}

async function deleted({ cluster, observe, signal }: CheckContext, volume: string): Promise<void> {
  const gone = await inTime(() =>
    until('the volume to go', { timeoutMs: promised.storage.deletedMs, everyMs: 1000, signal }, async () =>
      (await longhorn(cluster.kubernetes, signal).volume(volume)) === undefined ? { done: undefined } : { notYet: 'it is there' },
    ),
  );
  observe({
    ...noneOf('what is left of it after its claim is deleted', { saw: gone.kind === 'done' ? [] : [gone.text] }),
    ...lateIf(gone.kind === 'late'),
  });
}
