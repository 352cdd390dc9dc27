import { promised } from '../../../guide/limits.ts';
import { errorText } from '../../../harness/engine/error-text.ts';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { patience } from '../../../harness/engine/patience.ts';
import type { SampledSeries } from '../../../harness/engine/run-record.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { recovered, wholenessOf } from '../../../harness/platform/node-recovery.ts';
import { withTalos } from '../../../harness/platform/talos/with-talos.ts';
import { type Claim, type Destination, denial, reach } from '../../../harness/probe/claims.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import { type Sampling, startSampling } from '../../../harness/probe/sampler.ts';
import { check } from '../check.ts';
import { requirements } from '../requirements.ts';
import { silence, withoutSilence } from '../silence.ts';
import { atHosts, outsiders, workstation } from '../vantages.ts';
import { vipHolder } from './vip-holder.ts';

const { vipMovedMs } = promised.adminAccess;
/** Much more than all of it takes: a sampling that ends by itself looks like silence. */
const mostMs = 400_000;
const apiPort = 6443;

check(requirements['ADM-KUBE-API-VIP-MOVE'], async (context) => {
  const { cluster, connect, control, hint, observe, show, signal } = context;
  hint(
    async () =>
      'kubectl get hostendpoints -o wide: is there one for every control plane? talosctl -n cp01,cp02,cp03 get nftableschain ingress',
  );
  const before = await vipHolder(context, { timeoutMs: patience('answer') });
  await connect(onHolder(context, 'before the move'));
  const whole = await wholenessOf(cluster.kubernetes, before.name, signal);
  const sampling = await sampleTheApi(context);
  try {
    await moveFrom(context, before, sampling);
  } finally {
    await answersAgain(context);
    await recovered(cluster.kubernetes, { node: before.name, whole }, { powerOn: async () => undefined, signal });
  }
  const [admin, ...others] = await sampling.stop();
  if (admin === undefined) throw new Error('the workstation was to be sampled');
  show([admin, ...others]);
  for (const series of others) observe(alwaysSilent(series));
  control({
    subject: 'the API at the virtual address during the move',
    vantage: admin.vantage,
    expected: 'answers at the end',
    saw: `${admin.samples.at(-1)?.outcome}; longest gap ${(admin.longestGapMs / 1000).toFixed(1)} s`,
    held: admin.samples.at(-1)?.ok === true,
  });
});

/** The allow list at the virtual address, whoever holds it: the administrator gets in, nobody on no list does. */
function onHolder({ cluster }: Pick<CheckContext, 'cluster'>, when: string): Claim[] {
  const { address: host } = cluster.documented.vip;
  const api: Destination = { name: `the API at the virtual address, ${when}`, target: { kind: 'tcp', host, port: apiPort } };
  const ping: Destination = { name: `ping of the virtual address, ${when}`, target: { kind: 'icmp', host } };
  return [
    reach({ from: workstation, to: api }),
    denial({ from: atHosts(outsiders), to: api, sameSourceReaches: ping, targetAnswers: workstation }),
  ];
}

async function sampleTheApi({ cluster, signal }: CheckContext): Promise<Sampling> {
  const url = `https://${cluster.documented.vip.address}:${apiPort}/readyz`;
  const requests = [workstation.name, ...outsiders].map((host) => ({
    name: `API at the virtual address, from ${host}`,
    from: { host },
    url,
    connection: 'new' as const,
    insecure: true,
  }));
  return startSampling(cluster, requests, { maxMs: mostMs, everyMs: 250, signal });
}

/** A reboot by the API hands the address over in order, as any maintenance does; the lease of a dead holder would have to run out first. */
async function moveFrom(context: CheckContext, before: { name: string; address: string }, sampling: Sampling): Promise<void> {
  const { cluster, connect, control, signal } = context;
  sampling.mark(`reboot ${before.name}`);
  await withTalos(cluster, (talos) => talos.node().reboot(), { endpoints: [before.address] });
  const after = await vipHolder(context, { not: before.name, timeoutMs: vipMovedMs });
  const to = { kind: 'tcp' as const, host: cluster.documented.vip.address, port: apiPort };
  const answered = await firstAnswer(cluster, { from: workstation.place, to }, { timeoutMs: vipMovedMs, signal });
  sampling.mark(`on ${after.name}`);
  control({
    subject: 'the first answer at the virtual address after the move',
    vantage: workstation.name,
    expected: 'an answer',
    saw: `on ${after.name} ${answered.text}`,
    held: answered.answered,
  });
  await connect(onHolder(context, 'after the move'));
}

/** With two members etcd has no quorum until the node is back (E01): nothing answers meanwhile. */
async function answersAgain({ cluster, signal }: CheckContext): Promise<void> {
  await until('the API to answer again', { timeoutMs: vipMovedMs, everyMs: 1000, signal }, async () => {
    const status = await readiness(cluster, signal);
    return status === '200' ? { done: true } : { notYet: status };
  });
}

/** The status of the API, or the error of a request that had no answer, which is what a wait for it meets. */
async function readiness({ kubernetes }: CheckContext['cluster'], signal: AbortSignal): Promise<string> {
  try {
    const soon = AbortSignal.any([signal, AbortSignal.timeout(patience('answer'))]);
    return String((await kubernetes.request({ method: 'GET', path: '/readyz' }, soon)).status);
  } catch (error) {
    signal.throwIfAborted();
    return errorText(error);
  }
}

function alwaysSilent(series: SampledSeries): Measured {
  const saw = withoutSilence(series);
  return {
    key: `${series.name}: silence during the move`,
    subject: 'the API at the virtual address during the move',
    vantage: series.vantage,
    expected: `${series.samples.length} times ${silence}`,
    saw,
    held: saw === 'nothing else',
  };
}
