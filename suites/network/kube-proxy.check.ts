import { promised } from '../../guide/limits.ts';
import { equal, lateIf } from '../../harness/engine/measured.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { type Claim, type ClaimAttempt, atHost, claim } from '../../harness/probe/claims.ts';
import { type Outcome, type Target, reached } from '../../harness/probe/probe.ts';
import { check } from '../fixtures/check.ts';
import { type EchoPod, onEveryWorker } from '../fixtures/echo-group.ts';
import { fromPod, toClosedPort, toPod } from './across-nodes.ts';
import { everyNode } from './every-node.ts';
import { programmedInTime } from './programmed.ts';
import { requirements } from './requirements.ts';
import { runningVersions } from './running-versions.ts';
import { emptySingleService, makeSingleService } from './single-service.ts';

/** A Service before one pod alone: who reaches it, reaches that worker, in the node's own name. */
interface BeforeOnePod {
  readonly pod: EchoPod;
  readonly namespace: string;
  readonly name: string;
  readonly target: Target;
}

check(requirements['NET-KUBE-PROXY'], async (context, { neutral: { namespace, pods } }) => {
  const { cluster, changes, connect, observe, control } = context;
  const { kubernetes, documented } = cluster;
  const [versions, nodes] = await Promise.all([
    runningVersions(kubernetes, { namespace: 'kube-system', selector: 'k8s-app=kube-proxy', container: 'kube-proxy' }),
    everyNode(cluster),
  ]);
  for (const name of nodes)
    observe(equal(`kube-proxy that runs on ${name}`, { expected: documented.versions.kubernetes, saw: versions.get(name) ?? 'none' }));
  control(onEveryWorker(cluster, pods));

  const suffix = nonce();
  const services = await Promise.all(
    pods.map(async (pod): Promise<BeforeOnePod> => {
      const name = `conform-programmed-${pod.node}-${suffix}`;
      const host = await makeSingleService(changes, { namespace, name, pod: pod.pod });
      return { pod, namespace, name, target: { kind: 'tcp', host, port: 80 } };
    }),
  );
  await fromEveryNode(context, services, { what: 'first answer of a new Service before', isAwaited: reached });
  // A node asks in its own name, which kube-proxy puts on the packet (masquerading) where the pod is elsewhere.
  await connect(documented.nodes.map(({ name }) => reachesAll(name, services)));
  await Promise.all(services.map((service) => emptySingleService(changes, service)));
  await fromEveryNode(context, services, { what: 'first rejected connection after the loss of', isAwaited: isRejected });
});

/** Beside it each pod answers another one at its own address: where its Service does not, routing is the reason. */
function reachesAll(node: string, services: readonly BeforeOnePod[]): Claim {
  const from = atHost(node);
  const pods = services.map(({ pod }) => pod);
  return claim([
    ...services.map(({ pod, target }): ClaimAttempt => ({
      role: 'observation',
      from,
      to: { name: `Service before the ${toPod(pod).name}`, target },
      expect: 'reached',
    })),
    ...pods.map((pod): ClaimAttempt => ({ role: 'control', from, to: toClosedPort(pod), expect: 'not-reached' })),
    ...pods.flatMap((pod) =>
      pods
        .filter((other) => other !== pod)
        .map((other): ClaimAttempt => ({ role: 'control', from: fromPod(other), to: toPod(pod), expect: 'reached' })),
    ),
  ]);
}

/** From each node to each Service until it comes out as awaited. */
async function fromEveryNode(
  context: Pick<CheckContext, 'cluster' | 'observe' | 'signal'>,
  services: readonly BeforeOnePod[],
  { what, isAwaited }: { what: string; isAwaited: (outcome: Outcome) => boolean },
): Promise<void> {
  const { nodes } = context.cluster.documented;
  const to = services.map(({ target }) => target);
  const seen = await Promise.all(
    nodes.map(async ({ name }) => ({ name, results: await programmedInTime(context, { from: { host: name }, to, isAwaited }) })),
  );
  for (const { name, results } of seen)
    for (const [index, { inTime, text }] of results.entries())
      context.observe({
        subject: `${what} the pod on ${services[index]?.pod.node}, from ${name}`,
        vantage: name,
        expected: `within ${promised.network.serviceProgrammedMs / 1000} s`,
        saw: text,
        held: inTime,
        ...lateIf(!inTime),
      });
}

/** kube-proxy rejects connections to a Service that has nobody: by the kernel's words there is no route, or nobody listens. Silence is none of its doing. */
function isRejected({ kind }: Outcome): boolean {
  return kind === 'refused' || kind === 'unreachable';
}
