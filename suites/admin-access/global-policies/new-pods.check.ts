import { setTimeout as delay } from 'node:timers/promises';
import { patience } from '../../../harness/engine/patience.ts';
import type { SampledSeries } from '../../../harness/engine/run-record.ts';
import { stableKey } from '../../../harness/engine/stable-key.ts';
import { equal, noneOf } from '../../../harness/engine/measured.ts';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { ClaimAttempt, Destination, Source } from '../../../harness/probe/claims.ts';
import { startSampling } from '../../../harness/probe/sampler.ts';
import { type EchoPod, startEchoPod, workerNames } from '../../fixtures/echo-group.ts';
import { check } from '../check.ts';
import { openDoors, toEchoPod } from '../doors.ts';
import { requirements } from '../requirements.ts';
import { atHosts, outsiders, workstation } from '../vantages.ts';

/** Register: every 100 ms. */
const firstPacketsMs = 100;
/** A series shows what was before the change, and what comes after the pod is Ready. */
const samplesAroundMs = 1500;
const ready = 'the new pod is Ready';
const atItsAddress = 'new pod of the platform, at its address';
const byItsDoor = 'new pod of the platform, by its door';

check(requirements['ADM-GNP-NEW-PODS'], async (context, { wayIn, neutral, ordinary, echoDoors: { unprotected } }) => {
  const { cluster, connect, control, hint, observe, show, signal } = context;
  hint(
    async () =>
      'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: does a selector depend on labels of pods, beyond their namespace?',
  );
  const [namespace = ''] = cluster.documented.platformNamespaces;
  const [node = ''] = workerNames(cluster);
  const pod = await startEchoPod(context, { namespace, node });
  const [door] = await openDoors(context, wayIn, toEchoPod({ ...pod, name: byItsDoor }));
  if (door === undefined) throw new Error('there is no door to the pod');
  const url = `http://${door.target.host}:${door.target.port}/hostname`;
  const sampling = await startSampling(
    cluster,
    [
      ...['admin', ...outsiders].map((host) => ({ name: byItsDoor, url, connection: 'new' as const, from: { host } })),
      // Nothing of the cluster stands before the pod here: its address is the same as before.
      { name: atItsAddress, url: `${pod.url}/hostname`, connection: 'new', from: ordinary.pods[1].place },
    ],
    { maxMs: 60_000, everyMs: firstPacketsMs, signal },
  );
  await delay(samplesAroundMs, undefined, { signal });
  sampling.mark('the pod is deleted');
  await removed(context, pod);
  sampling.mark('a pod is made in its place, at its address');
  const again = await startEchoPod(context, { namespace, node, name: pod.pod, address: pod.address });
  sampling.mark(ready);
  const plain: Source = { name: `default on ${ordinary.pods[1].node}`, place: ordinary.pods[1].place };
  await connect([
    {
      attempts: [
        anchor(workstation, door),
        anchor(plain, { name: 'a pod without policies', target: neutral.pods[0].tcp }),
        ...atHosts(outsiders).flatMap((from) => unprotected.map((to) => anchor(from, to))),
      ],
    },
  ]);
  await delay(samplesAroundMs, undefined, { signal });
  const [admin, ...strangers] = await sampling.stop();
  if (admin === undefined) throw new Error('four series were sampled');
  show([admin, ...strangers]);
  for (const series of strangers) observe(noConnection(series));
  control(equal('the address of the new pod is that of the one before', { expected: pod.address, saw: again.address }));
  control(someConnection(admin));
});

function anchor(from: Source, to: Destination): ClaimAttempt {
  return { role: 'control', from, to, expect: 'reached' };
}

async function removed({ cluster: { kubernetes }, signal }: CheckContext, { pod, namespace }: EchoPod): Promise<void> {
  const ref = { apiVersion: 'v1', kind: 'Pod', metadata: { name: pod, namespace } };
  await kubernetes.raw.delete(ref, { gracePeriodSeconds: 1 }, signal);
  await until('the deleted pod to be gone', { timeoutMs: patience('objectGone'), everyMs: 200, signal }, async () =>
    (await kubernetes.raw.read(ref, signal)) === undefined ? { done: true } : { notYet: 'still there' },
  );
}

function readyAtMs({ events }: SampledSeries): number {
  return events.find(({ text }) => text === ready)?.atMs ?? 0;
}

/** At its address a refusal is the pod's own, before it listens; at a door it is the node's, while nobody is behind it. */
function noConnection(series: SampledSeries): Measured {
  const { name, vantage, samples } = series;
  const came = samples.filter(({ ok, outcome }) => ok || (name === atItsAddress && outcome === 'refused'));
  return {
    ...noneOf(`connections to the ${name}`, {
      saw: came.map(({ atMs }) => `${atMs - readyAtMs(series)} ms after it was Ready`),
      vantage,
      expected: `none of ${samples.length} attempts`,
    }),
    key: stableKey(`${vantage} -> ${name}: connections`),
  };
}

function someConnection(series: SampledSeries): Measured {
  const { vantage, samples } = series;
  const came = samples.filter(({ ok, atMs }) => ok && atMs > readyAtMs(series));
  return {
    subject: 'connections to the new pod once it is Ready',
    vantage,
    expected: 'some',
    saw: String(came.length),
    held: came.length > 0,
  };
}
