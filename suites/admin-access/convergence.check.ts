import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { check } from '../../harness/check.ts';
import type { Place } from '../../harness/cluster/cluster.ts';
import { anchor } from '../../harness/fixtures/cells.ts';
import { startEchoGroup, startEchoPod, workerNames } from '../../harness/fixtures/echo-group.ts';
import { neutral } from '../../harness/fixtures/groups.ts';
import { equal, noneOf } from '../../harness/measured.ts';
import { until } from '../../harness/waiting.ts';
import { connections } from '../../harness/vantage/connections.ts';
import { firstAnswer } from '../../harness/vantage/first-answer.ts';
import { blocked } from '../../harness/vantage/probe.ts';
import { type SampledRequest, startSampling } from '../../harness/vantage/sampler.ts';
import { inForce } from './in-force.ts';
import { inForceMs } from './opened.ts';
import { requirements } from './requirements.ts';

const marks = { made: 'the policy is made', removed: 'the policy is removed' };
/** Register: every 0.5 s. */
const everyMs = 500;
/** A series shows what was before the change. */
const samplesBeforeMs = 1500;
/** Longer than the promise: what comes too late is seen. */
const watchedMs = inForceMs + 2 * everyMs;

check(requirements['ADM-GNP-NEW-CONNECTIONS'], async (context) => {
  const { changes, cluster, control, hint, observe, show, signal } = context;
  hint(async () => 'kubectl -n calico-system get pods -l k8s-app=calico-node -o wide, and the log of the one on the node that is late');
  const namespace = `conform-new-connections-${randomBytes(3).toString('hex')}`;
  const [, { pods: elsewhere }] = await Promise.all([changes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }), neutral()]);
  const { pods, service } = await startEchoGroup(context, { namespace, workers: cluster.documented.nodes.map(({ name }) => name) });
  const from: readonly Place[] = [{ host: 'admin' }, { host: 'outsider' }, { host: 'lan' }, elsewhere[0].place];
  const sampled = from.flatMap((place) => pods.map((pod): SampledRequest => ({ name: `pod on ${pod.node}`, from: place, url: `${pod.url}/hostname`, connection: 'new' })));
  // What an established connection does is shown, and decides nothing: policies are asked when it begins.
  const established: SampledRequest = { name: `pod on ${pods[0].node}, established before`, from: elsewhere[1].place, url: `${pods[0].url}/hostname`, connection: 'kept-open' };
  const sampling = await startSampling(cluster, [...sampled, established], { maxMs: 90_000, everyMs, signal });
  await delay(samplesBeforeMs, undefined, { signal });
  sampling.mark(marks.made);
  const [policy] = await changes.createFrom(`${import.meta.dirname}/deny-all.yaml`, { GROUP: service.name });
  const outsider = { host: 'outsider' };
  await Promise.all(pods.map(({ tcp }) => firstAnswer(cluster, { from: outsider, to: tcp }, { timeoutMs: watchedMs, signal, until: blocked })));
  sampling.mark(marks.removed);
  await cluster.kubernetes.raw.delete({ apiVersion: 'projectcalico.org/v3', kind: 'GlobalNetworkPolicy', metadata: { name: policy?.metadata?.name ?? '' } }, {}, signal);
  await Promise.all(pods.map(({ tcp }) => firstAnswer(cluster, { from: outsider, to: tcp }, { timeoutMs: watchedMs, signal })));
  await delay(samplesBeforeMs, undefined, { signal });
  const series = await sampling.stop();
  show(series);
  for (const { name, vantage, ...each } of series.filter(({ connection }) => connection === 'new')) {
    const { openBefore, lastAllowedMs, deniedThen, firstAllowedMs } = inForce(each, marks);
    observe({ subject: `last new connection to ${name} under the policy`, vantage, expected: 'within 10 s of its creation, and denied then', saw: `after ${lastAllowedMs} ms, ${deniedThen} denied then`, held: lastAllowedMs <= inForceMs && deniedThen > 0 });
    observe({ subject: `first new connection to ${name} after the policy`, vantage, expected: 'within 10 s of its removal', saw: firstAllowedMs === undefined ? 'none' : `after ${firstAllowedMs} ms`, held: firstAllowedMs !== undefined && firstAllowedMs <= inForceMs });
    control(equal(`every attempt at ${name} before the policy`, { expected: 'connects', saw: openBefore ? 'connects' : 'not always', vantage }));
  }
});

/** Register: every 100 ms. */
const firstPacketsMs = 100;
const ready = 'the new pod is Ready';

check(requirements['ADM-GNP-NEW-PODS'], async (context) => {
  const { cluster, control, hint, observe, show, signal } = context;
  hint(async () => 'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: does a selector depend on labels of pods, beyond their namespace?');
  const { pods: open } = await neutral();
  const [namespace = ''] = cluster.documented.platformNamespaces;
  const [node = ''] = workerNames(cluster);
  const pod = await startEchoPod(context, { namespace, node });
  const url = `${pod.url}/hostname`;
  const sampling = await startSampling(cluster, [{ name: 'new pod of the platform', from: { host: 'outsider' }, url, connection: 'new' }, { name: 'new pod of the platform', from: { host: 'admin' }, url, connection: 'new' }], { maxMs: 60_000, everyMs: firstPacketsMs, signal });
  await delay(samplesBeforeMs, undefined, { signal });
  sampling.mark('the pod is deleted');
  const ref = { apiVersion: 'v1', kind: 'Pod', metadata: { name: pod.pod, namespace } };
  await cluster.kubernetes.raw.delete(ref, { gracePeriodSeconds: 1 }, signal);
  await until('the deleted pod to be gone', { timeoutMs: 30_000, everyMs: 200, signal }, async () => ((await cluster.kubernetes.raw.read(ref, signal)) === undefined ? { done: true } : { notYet: 'still there' }));
  sampling.mark('a pod is made in its place, at its address');
  const again = await startEchoPod(context, { namespace, node, name: pod.pod, address: pod.address });
  sampling.mark(ready);
  await connections(context, [
    { ...anchor, from: { host: 'admin' }, to: again.tcp, name: 'the new pod' },
    { ...anchor, from: { host: 'outsider' }, to: open[0].tcp, name: 'a pod without policies' },
  ]);
  await delay(samplesBeforeMs, undefined, { signal });
  const series = await sampling.stop();
  show(series);
  const [stranger, admin] = series;
  if (stranger === undefined || admin === undefined) throw new Error('two series were sampled');
  const readyAt = admin.events.find(({ text }) => text === ready)?.atMs ?? 0;
  observe(noneOf(`connections to ${pod.address} of ${stranger.samples.length} attempts`, { saw: stranger.samples.filter(({ ok }) => ok).map(({ atMs }) => `after ${atMs - readyAt} ms`), vantage: stranger.vantage }));
  control(equal('the address of the new pod', { expected: pod.address, saw: again.address }));
  control({ subject: `connections to ${pod.address} once the new pod is Ready`, vantage: admin.vantage, expected: 'some', saw: String(admin.samples.filter(({ ok, atMs }) => ok && atMs > readyAt).length), held: admin.samples.some(({ ok, atMs }) => ok && atMs > readyAt) });
});
