import { promised } from '../../guide/limits.ts';
import { equal, lateIf } from '../../harness/engine/measured.ts';
import { patience } from '../../harness/engine/patience.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import { WaitTimeout, until } from '../../harness/engine/waiting.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { check } from '../fixtures/check.ts';
import { type EchoPod, onEveryWorker } from '../fixtures/echo-group.ts';
import { answer, apiServiceName, asked, told } from './dns-answers.ts';
import { type DnsServer, dnsServers } from './dns-replicas.ts';
import { resolvedInPod } from './pod-resolver.ts';
import { requirements } from './requirements.ts';
import { makeSingleService } from './single-service.ts';

check(
  requirements['NET-DNS-CLUSTER'],
  async (context, { neutral: { namespace, pods } }) => {
    const { cluster, changes, control, hint } = context;
    hint(
      async () => 'kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide; kubectl -n kube-system logs of the replica that is named',
    );
    control(onEveryWorker(cluster, pods));
    const name = `conform-name-${nonce()}`;
    const address = await makeSingleService(changes, { namespace, name, pod: 'nobody' });
    const servers = await dnsServers(cluster);
    const sought = { name: `${name}.${namespace}.svc.cluster.local`, short: name, address };
    await Promise.all(pods.map(async (pod) => fromPodOf(context, { pod, sought, servers })));
  },
  { uses: ['cluster-dns'] },
);

interface Asking {
  readonly pod: EchoPod;
  readonly sought: { readonly name: string; readonly short: string; readonly address: string };
  readonly servers: readonly [DnsServer, ...DnsServer[]];
}

async function fromPodOf(context: CheckContext, { pod, sought, servers }: Asking): Promise<void> {
  const { cluster, observe, control, signal } = context;
  const { apiServiceAddress, dnsServiceAddress } = cluster.documented;
  const vantage = `pod on ${pod.node}`;
  const known = await firstResolutions(context, { pod, sought, servers });
  const missing = `no-such.${pod.namespace}.svc.cluster.local`;
  const questions = servers.flatMap(({ address }) => [
    asked(address, apiServiceName),
    asked(address, apiServiceName, 'tcp'),
    asked(address, missing),
  ]);
  const outcomes = await cluster.probe(pod.place, questions, signal);
  for (const [index, { of }] of servers.entries()) {
    const [overUdp, overTcp, nobody] = outcomes.slice(index * 3, index * 3 + 3);
    const at = `at ${of}, from the ${vantage}`;
    const expected = `NOERROR ${apiServiceAddress}`;
    observe({
      ...equal(`a new Service, asked for until it is there, ${at}`, {
        expected: sought.address,
        saw: known[index] ?? 'not asked',
        vantage,
      }),
      ...lateIf(known[index] !== sought.address),
    });
    observe(answer(`kubernetes.default.svc over UDP ${at}`, { expected, outcome: overUdp, vantage }));
    observe(answer(`kubernetes.default.svc over TCP ${at}`, { expected, outcome: overTcp, vantage }));
    // A silent server breaks the promise above; one that answers everything would make it worthless.
    const isInvented = nobody?.kind === 'resolved' && nobody.addresses.length > 0;
    control({ subject: `a Service that is not there ${at}`, vantage, expected: 'no address', saw: told(nobody), held: !isInvented });
  }
  const { addresses, configuration } = await resolvedInPod(
    cluster,
    { place: pod.place, name: sought.short, withinMs: patience('answer') },
    signal,
  );
  observe({
    ...equal(`the short name of the new Service, from the ${vantage}`, { expected: [sought.address], saw: addresses, vantage }),
    ...lateIf(addresses.length === 0),
  });
  observe(
    equal(`name server in resolv.conf of the ${vantage}`, {
      expected: [`nameserver ${dnsServiceAddress}`],
      saw: configuration.filter((line) => line.startsWith('nameserver')),
      vantage,
    }),
  );
  observe({
    subject: `search list in resolv.conf of the ${vantage}`,
    vantage,
    expected: 'with cluster.local, and ndots',
    saw: configuration.filter((line) => !line.startsWith('nameserver')).join('; '),
    held:
      configuration.some((line) => /^search .*\bcluster\.local\b/.test(line)) &&
      configuration.some((line) => /^options .*ndots:/.test(line)),
  });
}

/** By server: the address that it gives for a name, asked for until all give the right one or the promised time is over. */
async function firstResolutions(
  { cluster, signal }: Pick<CheckContext, 'cluster' | 'signal'>,
  { pod, sought: { name, address }, servers }: Asking,
): Promise<string[]> {
  let last: string[] = [];
  try {
    await until(`${name} to resolve`, { timeoutMs: promised.network.nameKnownMs, everyMs: 500, signal }, async () => {
      const outcomes = await cluster.probe(
        pod.place,
        servers.map((server) => asked(server.address, name)),
        signal,
      );
      last = outcomes.map((outcome) => (outcome.kind === 'resolved' ? (outcome.addresses[0] ?? outcome.code) : told(outcome)));
      return last.every((each) => each === address) ? { done: last } : { notYet: last.join(', ') };
    });
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
  }
  return last;
}
