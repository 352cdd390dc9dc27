import { nonce } from '../../../harness/engine/stable-key.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { check } from '../../fixtures/check.ts';
import { anchor } from '../../fixtures/cells.ts';
import { startEchoGroup, startEchoPod, workerNames } from '../../fixtures/echo-group.ts';
import { neutral, ordinary } from '../../fixtures/groups.ts';
import { equal, noneOf } from '../../../harness/engine/measured.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import { blocked } from '../../../harness/probe/probe.ts';
import { type SampledRequest, startSampling } from '../../../harness/probe/sampler.ts';
import { echoDoors, openDoors, withDoors } from '../doors.ts';
import { inForce } from './in-force.ts';
import { inForceMs } from './opened.ts';
import { requirements } from '../requirements.ts';

const marks = { made: 'the policy is made', removed: 'the policy is removed' };
/** Register: every 0.5 s. */
const everyMs = 500;
/** A series shows what was before the change. */
const samplesBeforeMs = 1500;
/** Longer than the promise: what comes too late is seen. */
const watchedMs = inForceMs + 2 * everyMs;

check(
  requirements['ADM-GNP-NEW-CONNECTIONS'],
  async (context) => {
    const { changes, cluster, control, hint, observe, show, signal } = context;
    hint(async () => 'kubectl -n calico-system get pods -l k8s-app=calico-node -o wide, and the log of the one on the node that is late');
    const namespace = `conform-new-connections-${nonce()}`;
    const [, { pods: elsewhere }] = await Promise.all([
      changes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }),
      neutral(),
    ]);
    const { pods, service } = await startEchoGroup(context, { namespace, workers: cluster.documented.nodes.map(({ name }) => name) });
    // Control planes announce no address: what is on them is asked from inside alone.
    const onWorkers = pods.filter(({ node }) => workerNames(cluster).includes(node));
    const doors = (
      await Promise.all(
        onWorkers.map(({ pod }) => openDoors(context, { namespace, selector: { 'conform-pod': pod }, ports: [{ port: 8080 }] })),
      )
    ).flat();
    const hosts = ['outsider', 'lan'];
    const sampled: readonly SampledRequest[] = [
      ...hosts.flatMap((host) =>
        doors.map(({ node, to }): SampledRequest => ({
          name: `pod on ${node}`,
          from: { host },
          url: `http://${to.host}:${to.port}/hostname`,
          connection: 'new',
        })),
      ),
      ...pods.map(({ node, url }): SampledRequest => ({
        name: `pod on ${node}`,
        from: elsewhere[0].place,
        url: `${url}/hostname`,
        connection: 'new',
      })),
    ];
    // What an established connection does is shown, and decides nothing: policies are asked when it begins.
    const established: SampledRequest = {
      name: `pod on ${pods[0].node}, established before`,
      from: elsewhere[1].place,
      url: `${pods[0].url}/hostname`,
      connection: 'kept-open',
    };
    const sampling = await startSampling(cluster, [...sampled, established], { maxMs: 90_000, everyMs, signal });
    await delay(samplesBeforeMs, undefined, { signal });
    sampling.mark(marks.made);
    const [policy] = await changes.createFrom(`${import.meta.dirname}/deny-all.yaml`, { GROUP: service.name });
    const outsider = { host: 'outsider' };
    // Each node by a way of its own: the policy is in force when the last one has it.
    const everyNode = [
      ...doors.map(({ to }) => ({ from: outsider, to })),
      ...pods.filter((pod) => !onWorkers.includes(pod)).map(({ tcp: to }) => ({ from: elsewhere[0].place, to })),
    ];
    await Promise.all(everyNode.map((way) => firstAnswer(cluster, way, { timeoutMs: watchedMs, signal, until: blocked })));
    sampling.mark(marks.removed);
    await cluster.kubernetes.raw.delete(
      { apiVersion: 'projectcalico.org/v3', kind: 'GlobalNetworkPolicy', metadata: { name: policy?.metadata?.name ?? '' } },
      {},
      signal,
    );
    await Promise.all(everyNode.map((way) => firstAnswer(cluster, way, { timeoutMs: watchedMs, signal })));
    await delay(samplesBeforeMs, undefined, { signal });
    const series = await sampling.stop();
    show(series);
    for (const { name, vantage, ...each } of series.filter(({ connection }) => connection === 'new')) {
      const { openBefore, lastAllowedMs, deniedThen, firstAllowedMs } = inForce(each, marks);
      observe({
        subject: `last new connection to ${name} under the policy`,
        vantage,
        expected: 'within 10 s of its creation, and denied then',
        saw: `after ${lastAllowedMs} ms, ${deniedThen} denied then`,
        held: lastAllowedMs <= inForceMs && deniedThen > 0,
      });
      observe({
        subject: `first new connection to ${name} after the policy`,
        vantage,
        expected: 'within 10 s of its removal',
        saw: firstAllowedMs === undefined ? 'none' : `after ${firstAllowedMs} ms`,
        held: firstAllowedMs !== undefined && firstAllowedMs <= inForceMs,
      });
      control(
        equal(`every attempt at ${name} before the policy`, { expected: 'connects', saw: openBefore ? 'connects' : 'not always', vantage }),
      );
    }
  },
  withDoors,
);

/** Register: every 100 ms. */
const firstPacketsMs = 100;
const ready = 'the new pod is Ready';
const atItsAddress = 'new pod of the platform, at its address';

check(
  requirements['ADM-GNP-NEW-PODS'],
  async (context) => {
    const { cluster, control, hint, observe, show, signal } = context;
    hint(
      async () =>
        'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: does a selector depend on labels of pods, beyond their namespace?',
    );
    const [{ pods: open }, { pods: plain }, { unprotected }] = await Promise.all([neutral(), ordinary(), echoDoors()]);
    const [namespace = ''] = cluster.documented.platformNamespaces;
    const [node = ''] = workerNames(cluster);
    const pod = await startEchoPod(context, { namespace, node });
    const [door] = await openDoors(context, { namespace, selector: { 'conform-pod': pod.pod }, ports: [{ port: 8080 }] });
    if (door === undefined) throw new Error('there is no door to the pod');
    const published = {
      name: 'new pod of the platform, by its door',
      url: `http://${door.to.host}:${door.to.port}/hostname`,
      connection: 'new' as const,
    };
    const sampling = await startSampling(
      cluster,
      [
        { ...published, from: { host: 'admin' } },
        { ...published, from: { host: 'outsider' } },
        { ...published, from: { host: 'lan' } },
        // Nothing of the cluster stands before the pod here: its address is the same as before.
        { name: atItsAddress, url: `${pod.url}/hostname`, connection: 'new', from: plain[1].place },
      ],
      { maxMs: 60_000, everyMs: firstPacketsMs, signal },
    );
    await delay(samplesBeforeMs, undefined, { signal });
    sampling.mark('the pod is deleted');
    const ref = { apiVersion: 'v1', kind: 'Pod', metadata: { name: pod.pod, namespace } };
    await cluster.kubernetes.raw.delete(ref, { gracePeriodSeconds: 1 }, signal);
    await until('the deleted pod to be gone', { timeoutMs: 30_000, everyMs: 200, signal }, async () =>
      (await cluster.kubernetes.raw.read(ref, signal)) === undefined ? { done: true } : { notYet: 'still there' },
    );
    sampling.mark('a pod is made in its place, at its address');
    const again = await startEchoPod(context, { namespace, node, name: pod.pod, address: pod.address });
    sampling.mark(ready);
    await connections(context, [
      { ...anchor, from: { host: 'admin' }, to: door.to, name: 'the new pod' },
      { ...anchor, from: plain[1].place, to: open[0].tcp, name: 'a pod without policies' },
      ...unprotected.flatMap(({ name, to }) => ['outsider', 'lan'].map((host): Connection => ({ ...anchor, from: { host }, to, name }))),
    ]);
    await delay(samplesBeforeMs, undefined, { signal });
    const series = await sampling.stop();
    show(series);
    const [admin, ...strangers] = series;
    if (admin === undefined) throw new Error('four series were sampled');
    const readyAt = admin.events.find(({ text }) => text === ready)?.atMs ?? 0;
    // At its address a refusal is the pod's own, before it listens; at a door it is the node's, while nobody is behind it.
    for (const { name, vantage, samples } of strangers)
      observe(
        noneOf(`connections of ${samples.length} attempts: ${name}`, {
          saw: samples
            .filter(({ ok, outcome }) => ok || (name === atItsAddress && outcome === 'refused'))
            .map(({ atMs }) => `${atMs - readyAt} ms after it was Ready`),
          vantage,
        }),
      );
    control(equal('the address of the new pod', { expected: pod.address, saw: again.address }));
    control({
      subject: `connections to the new pod once it is Ready`,
      vantage: admin.vantage,
      expected: 'some',
      saw: String(admin.samples.filter(({ ok, atMs }) => ok && atMs > readyAt).length),
      held: admin.samples.some(({ ok, atMs }) => ok && atMs > readyAt),
    });
  },
  withDoors,
);
