import { nonce } from '../../harness/engine/stable-key.ts';
import { setTimeout as delay } from 'node:timers/promises';
import type { V1Service } from '@kubernetes/client-node';
import { check } from '../fixtures/check.ts';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { readyPods } from '../../harness/platform/kubernetes/kubernetes.ts';
import { onEveryWorker } from '../fixtures/echo-group.ts';
import { neutral } from '../fixtures/groups.ts';
import { equal, lateIf } from '../../harness/engine/measured.ts';
import type { Outcome, Target } from '../../harness/probe/probe.ts';
import { outcomeText } from '../../harness/probe/probe.ts';
import { startSampling } from '../../harness/probe/sampler.ts';
import { until } from '../../harness/engine/waiting.ts';
import { requirements } from './requirements.ts';

/** RFC 2606: no such name will ever exist. */
const impossibleName = 'conform.invalid';

function asked(server: string, name: string, over: 'udp' | 'tcp' = 'udp'): Target {
  return { kind: 'dns', server, name, over };
}

function told(outcome: Outcome | undefined): string {
  if (outcome?.kind === 'resolved') return `${outcome.code} ${outcome.addresses.join(', ')}`.trim();
  return outcome === undefined ? 'not asked' : outcomeText(outcome);
}

check(requirements['NET-DNS-CLUSTER'], async ({ cluster, changes, observe, control, signal }) => {
  const { apiServiceAddress, dnsServiceAddress } = cluster.documented;
  const { namespace, pods } = await neutral();
  control(onEveryWorker(cluster, pods));
  const name = `conform-name-${nonce()}`;
  const made = await changes.create<V1Service>({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { nobody: 'here' }, ports: [{ port: 80 }] },
  });
  const address = made.spec?.clusterIP ?? 'none';
  const full = `${name}.${namespace}.svc.cluster.local`;
  // Register: a new Service resolves within 10 s.
  const known = await Promise.all(pods.map(({ place }) => firstResolution(cluster, { place, name: full, address }, signal)));
  const answers = await Promise.all(
    pods.map(async (pod) => ({
      pod,
      known: known[pods.indexOf(pod)] ?? '',
      outcomes: await cluster.probe(
        pod.place,
        [
          asked(dnsServiceAddress, 'kubernetes.default.svc.cluster.local'),
          asked(dnsServiceAddress, 'kubernetes.default.svc.cluster.local', 'tcp'),
          asked(dnsServiceAddress, `no-such.${namespace}.svc.cluster.local`),
        ],
        signal,
      ),
      short: (await cluster.kubernetes.run(pod.place, `dig +search +short ${name} A; cat /etc/resolv.conf`, signal)).split('\n'),
    })),
  );
  for (const { pod, outcomes, known: first, short } of answers) {
    const vantage = `pod on ${pod.node}`;
    observe(equal(`${full}, asked until it is there`, { expected: address, saw: first, vantage }));
    observe({
      ...equal('kubernetes.default.svc over UDP', { expected: `NOERROR ${apiServiceAddress}`, saw: told(outcomes[0]), vantage }),
      ...lateIf(outcomes[0]?.kind === 'timeout'),
    });
    observe({
      ...equal('kubernetes.default.svc over TCP', { expected: `NOERROR ${apiServiceAddress}`, saw: told(outcomes[1]), vantage }),
      ...lateIf(outcomes[1]?.kind === 'timeout'),
    });
    observe(equal(`the short name ${name}, completed by the search list`, { expected: address, saw: short[0] ?? 'nothing', vantage }));
    observe(
      equal('name server in resolv.conf', {
        expected: `nameserver ${dnsServiceAddress}`,
        saw: short.find((line) => line.startsWith('nameserver')) ?? 'none',
        vantage,
      }),
    );
    observe({
      subject: 'search list in resolv.conf',
      vantage,
      expected: 'with cluster.local, and ndots',
      saw: short.filter((line) => /^(search|options)/.test(line)).join('; '),
      held: short.some((line) => /^search .*\bcluster\.local\b/.test(line)) && short.some((line) => /^options .*ndots:/.test(line)),
    });
    observe({
      ...equal('a Service that is not there', { expected: 'NXDOMAIN', saw: told(outcomes[2]), vantage }),
      ...lateIf(outcomes[2]?.kind === 'timeout'),
    });
  }
});

interface Sought {
  readonly place: { readonly namespace: string; readonly pod: string };
  readonly name: string;
  readonly address: string;
}

/** The address that a name is given, asked for until it is the right one or the time is over; then the last answer. */
async function firstResolution(cluster: Cluster, { place, name, address }: Sought, signal: AbortSignal): Promise<string> {
  let last = 'not asked';
  await until(`${name} to resolve`, { timeoutMs: 10_000, everyMs: 500, signal }, async () => {
    const [outcome] = await cluster.probe(place, [asked(cluster.documented.dnsServiceAddress, name)], signal);
    last = outcome?.kind === 'resolved' ? (outcome.addresses[0] ?? outcome.code) : told(outcome);
    return last === address ? { done: last } : { notYet: last };
  }).catch(() => signal.throwIfAborted());
  return last;
}

/** Register: a name beyond the cluster is asked of others. */
const externalSeconds = 5;

check(requirements['NET-DNS-EXTERNAL'], async ({ cluster, observe, control, signal }) => {
  const { dnsServiceAddress, apiServiceAddress } = cluster.documented;
  const { pods } = await neutral();
  control(onEveryWorker(cluster, pods));
  const answers = await Promise.all(
    pods.map(async ({ place, node }) => ({
      vantage: `pod on ${node}`,
      outcomes: await cluster.probe(
        place,
        [
          { kind: 'dns', server: dnsServiceAddress, name: 'example.com', over: 'udp', withinSeconds: externalSeconds },
          asked(dnsServiceAddress, impossibleName),
          asked(dnsServiceAddress, 'kubernetes.default.svc.cluster.local'),
        ],
        signal,
      ),
    })),
  );
  for (const {
    vantage,
    outcomes: [external, impossible, internal],
  } of answers) {
    observe({
      subject: 'example.com',
      vantage,
      expected: `NOERROR with an address, within ${externalSeconds} s`,
      saw: told(external),
      held: external?.kind === 'resolved' && external.code === 'NOERROR' && external.addresses.length > 0,
      ...lateIf(external?.kind === 'timeout'),
    });
    // By which failure does not matter: a name server that answers everything is what would make the answer above worthless.
    control({
      subject: impossibleName,
      vantage,
      expected: 'no address',
      saw: told(impossible),
      held: impossible?.kind !== 'resolved' || impossible.addresses.length === 0,
    });
    control(
      equal('kubernetes.default.svc at the same instant', { expected: `NOERROR ${apiServiceAddress}`, saw: told(internal), vantage }),
    );
  }
});

/** The office's resolver is its gateway, which is the LAN's gateway too (guide: Network Configuration). */
check(requirements['NET-NAMES'], async ({ cluster, observe, control, signal }) => {
  const { vip, services, lan } = cluster.documented;
  const names = [vip, services.canine, services.opencost];
  const sibling = `conform-${nonce()}.${vip.hostname}`;
  const outcomes = await cluster.probe(
    { host: 'admin' },
    [...names.map(({ hostname }) => hostname), sibling].map((name) => asked(lan.gateway, name)),
    signal,
  );
  for (const [index, { hostname, address }] of names.entries())
    observe(equal(`A records of ${hostname}`, { expected: `NOERROR ${address}`, saw: told(outcomes[index]), vantage: 'admin' }));
  control(
    equal(`A records of ${sibling}, which nobody has made`, { expected: 'NXDOMAIN', saw: told(outcomes[names.length]), vantage: 'admin' }),
  );
});

/** Register: chosen there, the guide gives no time. */
const longestGapMs = 10_000;
/** A series shows what was before the fault. */
const samplesBeforeMs = 3_000;

check(requirements['NET-DNS-FAILOVER'], async ({ cluster, observe, control, show, involved, signal }) => {
  const { kubernetes, documented } = cluster;
  const { pods } = await neutral();
  const selector = { namespace: 'kube-system', selector: 'k8s-app=kube-dns' };
  const servers = await kubernetes.core.listNamespacedPod({ namespace: selector.namespace, labelSelector: selector.selector });
  const [victim] = servers.items;
  if (victim?.metadata?.name === undefined) throw new Error('no pod of CoreDNS runs');
  // One that is alone has none to take over, however fast it is started again.
  observe(
    equal('pods of CoreDNS before', {
      expected: 'two or more',
      saw: servers.items.length >= 2 ? 'two or more' : String(servers.items.length),
    }),
  );
  for (const { namespace, pod } of pods) involved.pod(namespace, pod);
  const dns = { server: documented.dnsServiceAddress, name: 'kubernetes.default.svc.cluster.local', over: 'udp' as const };
  const sampling = await startSampling(
    cluster,
    pods.map(({ place, node }) => ({ name: `kubernetes.default at ${documented.dnsServiceAddress}, from ${node}`, from: place, dns })),
    { maxMs: 60_000, everyMs: 250, signal },
  );
  await delay(samplesBeforeMs, undefined, { signal });
  sampling.mark(`${victim.metadata.name} is killed`);
  await kubernetes.core.deleteNamespacedPod({ namespace: selector.namespace, name: victim.metadata.name, gracePeriodSeconds: 0 });
  await readyPods(kubernetes, { ...selector, count: servers.items.length }, signal);
  sampling.mark('as many pods are Ready as before');
  const series = await sampling.stop();
  show(series);
  for (const {
    name,
    longestGapMs: gap,
    samples,
    failures,
    events: [kill],
  } of series) {
    control({
      subject: `${name}, before`,
      vantage: 'its pod',
      expected: 'answers',
      saw: samples.some(({ ok, atMs }) => ok && atMs < (kill?.atMs ?? 0)) ? 'answers' : 'none',
      held: samples.some(({ ok, atMs }) => ok && atMs < (kill?.atMs ?? 0)),
    });
    observe({
      subject: `longest gap of ${name}`,
      vantage: 'its pod',
      expected: 'at most 10 s',
      saw: `${(gap / 1000).toFixed(1)} s, ${failures} of ${samples.length} samples failed`,
      held: gap <= longestGapMs && samples.some(({ ok }) => ok),
    });
  }
});
