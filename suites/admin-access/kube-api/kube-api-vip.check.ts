import { attempt } from '../../../harness/engine/attempt.ts';
import { check } from '../../fixtures/check.ts';
import { recovered, wholenessOf } from '../../../harness/platform/node-recovery.ts';
import { withTalos } from '../../../harness/platform/talos/with-talos.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import { startSampling } from '../../../harness/probe/sampler.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { controlPlanes } from '../documented-nodes.ts';
import { requirements } from '../requirements.ts';
import { silence, withoutSilence } from '../silence.ts';
import { vipHolder } from './vip-holder.ts';
import { outsiders } from '../vantages.ts';

/** The lease of the election is 60 s (Talos v1.11: vip.go); one that is handed over takes no time of it. */
const moveMs = 75_000;
/** Much more than all of it takes: what ends by itself looks like silence. */
const mostMs = 400_000;

check(requirements['ADM-KUBE-API-VIP-MOVE'], async (context) => {
  const { cluster, observe, control, show, signal } = context;
  const { vip } = cluster.documented;
  context.hint(
    async () =>
      'kubectl get hostendpoints -o wide: is there one for every control plane? talosctl -n cp01,cp02,cp03 get nftableschain ingress',
  );
  const api = { kind: 'tcp' as const, host: vip.address, port: 6443 };
  const before = await vipHolder(context, { timeoutMs: 5000 });
  const onHolder = (holder: string): Connection[] => [
    { role: 'observation', from: { host: 'admin' }, to: api, name: `the API at the virtual address, on ${holder}`, expect: 'reached' },
    ...outsiders.map((host): Connection => ({
      role: 'observation',
      from: { host },
      to: api,
      name: `the API at the virtual address, on ${holder}`,
      expect: 'denied',
    })),
    ...outsiders.map((host): Connection => ({
      role: 'control',
      from: { host },
      to: { kind: 'icmp', host: vip.address },
      name: `the virtual address, on ${holder}`,
      expect: 'reached',
    })),
  ];
  await connections(context, onHolder(before.name));

  const whole = await wholenessOf(cluster.kubernetes, before.name, signal);
  const url = `https://${vip.address}:6443/readyz`;
  const sampling = await startSampling(
    cluster,
    ['admin', ...outsiders].map((host) => ({
      name: `API at the virtual address, from ${host}`,
      from: { host },
      url,
      connection: 'new',
      insecure: true,
    })),
    { maxMs: mostMs, everyMs: 250, signal },
  );
  try {
    // A reboot by the API hands the address over in order, as any maintenance does; the lease of a dead holder would have to run out first.
    sampling.mark(`reboot ${before.name}`);
    await withTalos(cluster, (talos) => talos.node().reboot(), { endpoints: [before.address] });
    const after = await vipHolder(context, { not: before.name, timeoutMs: moveMs });
    const answered = await firstAnswer(cluster, { from: { host: 'admin' }, to: api }, { timeoutMs: moveMs, signal });
    sampling.mark(`on ${after.name}`);
    control({
      subject: `the first answer at ${vip.address}:6443 on ${after.name}`,
      vantage: 'admin',
      expected: 'an answer',
      saw: answered.text,
      held: answered.answered,
    });
    await connections(context, onHolder(after.name));
  } finally {
    // With two members etcd has no quorum until the node is back (E01): nothing answers meanwhile.
    await until('the API to answer again', { timeoutMs: moveMs, everyMs: 1000, signal }, async () => {
      const asked = await attempt(signal, () =>
        cluster.kubernetes.request({ method: 'GET', path: '/readyz' }, AbortSignal.any([signal, AbortSignal.timeout(5000)])),
      );
      return asked.kind === 'done' && asked.value.status === 200
        ? { done: true }
        : { notYet: asked.kind === 'done' ? String(asked.value.status) : asked.text };
    });
    await recovered(cluster.kubernetes, { node: before.name, whole }, { powerOn: async () => undefined, signal });
  }
  const [admin, ...others] = await sampling.stop();
  show([...(admin === undefined ? [] : [admin]), ...others]);
  for (const series of others)
    observe({
      subject: `${url} during the move`,
      vantage: series.vantage,
      expected: `${series.samples.length} times ${silence}`,
      saw: withoutSilence(series),
      held: withoutSilence(series) === 'nothing else',
    });
  control({
    subject: `${url} during the move`,
    vantage: admin?.vantage ?? '',
    expected: 'answers at the end',
    saw: `${admin?.samples.at(-1)?.outcome}; longest gap ${((admin?.longestGapMs ?? 0) / 1000).toFixed(1)} s`,
    held: admin?.samples.at(-1)?.ok === true,
  });
  control({
    subject: 'control planes that may hold the address',
    vantage: 'this check',
    expected: 'two or more',
    saw: String(controlPlanes(cluster).length),
    held: controlPlanes(cluster).length > 1,
  });
});
