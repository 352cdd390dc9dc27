import { setTimeout as delay } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { promised } from '../../guide/limits.ts';
import { patience } from '../../harness/engine/patience.ts';
import type { SampledSeries } from '../../harness/engine/run-record.ts';
import { until } from '../../harness/engine/waiting.ts';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { isReady } from '../../harness/platform/kubernetes/kubernetes.ts';
import { type SampledRequest, startSampling } from '../../harness/probe/sampler.ts';
import { check } from '../fixtures/check.ts';
import type { EchoPod } from '../fixtures/echo-group.ts';
import { apiServiceName } from './dns-answers.ts';
import { dnsPods } from './dns-replicas.ts';
import { killContainer } from './kill-container.ts';
import { requirements } from './requirements.ts';

/** A series shows the time before the fault, and goes on for longer than the promised gap. */
const samplesBeforeMs = 3_000;
const samplesAfterMs = 5_000;
const mostSampledMs = 150_000;

const container = 'coredns';

check(
  requirements['NET-DNS-FAILOVER'],
  async ({ cluster, observe, control, show, involved, hint, signal }, { neutral: { pods } }) => {
    hint(
      async () =>
        'kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide; kubectl get endpointslices -n kube-system -l k8s-app=kube-dns -o yaml',
    );
    const [victim, ...others] = await runningServers(cluster);
    if (victim === undefined) throw new Error('no pod of CoreDNS is Ready');
    // One that is alone has none to take over, however fast it is started again.
    observe({
      subject: 'replicas of CoreDNS that are Ready before',
      vantage: 'Kubernetes API',
      expected: 'two or more',
      saw: String(others.length + 1),
      held: others.length > 0,
    });
    for (const { namespace, pod } of pods) involved.pod(namespace, pod);
    const sampling = await startSampling(cluster, requestsOf(cluster, { pods, victim }), { maxMs: mostSampledMs, everyMs: 250, signal });
    await delay(samplesBeforeMs, undefined, { signal });
    sampling.mark(`CoreDNS crashes on ${victim.spec?.nodeName}`);
    await killContainer(cluster, victim, { container, signal });
    await startedAgain(cluster, victim, signal);
    sampling.mark('it is Ready again');
    await delay(promised.network.dnsGapMs + samplesAfterMs, undefined, { signal });
    const series = await sampling.stop();
    show(series);
    for (const each of series.slice(0, pods.length)) {
      const crashedAtMs = each.events[0]?.atMs ?? 0;
      const answersBefore = each.samples.some(({ ok, atMs }) => ok && atMs < crashedAtMs);
      control({
        subject: `${each.name}, before`,
        vantage: 'its pod',
        expected: 'answers',
        saw: answersBefore ? 'answers' : 'none',
        held: answersBefore,
      });
      observe({
        subject: `longest gap of ${each.name}`,
        vantage: 'its pod',
        expected: `at most ${promised.network.dnsGapMs / 1000} s`,
        saw: gapText(each),
        held: each.longestGapMs <= promised.network.dnsGapMs && each.samples.some(({ ok }) => ok),
      });
    }
    const own = series[pods.length];
    if (own === undefined) throw new Error('the replica that crashed was not sampled');
    control({
      subject: 'the replica that crashed, asked by itself',
      vantage: 'a pod',
      expected: 'answers, and fails for a while',
      saw: gapText(own),
      held: own.failures > 0 && own.samples.some(({ ok }) => ok),
    });
  },
  { changes: ['cluster-dns'] },
);

async function runningServers({ kubernetes }: Cluster): Promise<V1Pod[]> {
  return (await kubernetes.core.listNamespacedPod(dnsPods)).items.filter((pod) => isReady(pod));
}

/** Cluster DNS from each worker; the last one asks the victim by itself. */
function requestsOf({ documented }: Cluster, { pods, victim }: { pods: readonly EchoPod[]; victim: V1Pod }): SampledRequest[] {
  const dns = { name: apiServiceName, over: 'udp' as const };
  const byService = pods.map(({ place, node }) => ({
    name: `kubernetes.default at ${documented.dnsServiceAddress}, from ${node}`,
    from: place,
    dns: { ...dns, server: documented.dnsServiceAddress },
  }));
  const asker = pods.find(({ node }) => node !== victim.spec?.nodeName) ?? pods[0];
  if (asker === undefined) throw new Error('there is no pod to ask from');
  const itself = { name: 'the replica that crashes', from: asker.place, dns: { ...dns, server: victim.status?.podIP ?? '' } };
  return [...byService, itself];
}

/** Waits until the kubelet has started the container again and it is Ready. */
async function startedAgain({ kubernetes }: Cluster, victim: V1Pod, signal: AbortSignal): Promise<void> {
  const restartsOf = (pod: Pick<V1Pod, 'status'>): number =>
    pod.status?.containerStatuses?.find(({ name }) => name === container)?.restartCount ?? 0;
  const before = restartsOf(victim);
  const place = { namespace: victim.metadata?.namespace ?? '', name: victim.metadata?.name ?? '' };
  await until(`${place.name} to be Ready again`, { timeoutMs: patience('podReady'), everyMs: 500, signal }, async () => {
    const pod = await kubernetes.core.readNamespacedPod(place);
    return restartsOf(pod) > before && isReady(pod)
      ? { done: undefined }
      : { notYet: `${restartsOf(pod)} restarts, ${isReady(pod) ? '' : 'not '}Ready` };
  });
}

function gapText({ longestGapMs, failures, samples }: SampledSeries): string {
  return `${(longestGapMs / 1000).toFixed(1)} s, ${failures} of ${samples.length} samples failed`;
}
