import { randomBytes } from 'node:crypto';
import { equal } from '../../../harness/engine/measured.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { type ClaimAttempt, type Destination, type Source, claim } from '../../../harness/probe/claims.ts';
import { check } from '../../fixtures/check.ts';
import { closedPorts } from '../../fixtures/connection-matrix.ts';
import { type EchoGroup, type EchoPod, workerNames } from '../../fixtures/echo-group.ts';
import { toKind } from '../../fixtures/matrix-parts.ts';
import { tenantNames } from '../../fixtures/names.ts';
import { requirements } from '../requirements.ts';
import { observeNoWayBetweenTenants } from './no-way-in.ts';
import { sctpTargets } from './sctp.ts';
import { type TenantName, bothDirections, closedUdpOf, pingOf, podSources, sourcesIn, webOf, websIn } from './sources.ts';
import { whichPolicy } from './which-policy.ts';

check(
  requirements['ISO-CROSS-TENANT-DENY'],
  async (context, { matrix }) => {
    context.hint(whichPolicy);
    const workers = workerNames(context.cluster).length;
    await context.connect(
      bothDirections.map(([from, to]) =>
        matrix.denial({
          from: sourcesIn(matrix, from, workers),
          to: [
            ...websIn(matrix, to, workers),
            ...matrix.targets(
              toKind('pod', ({ group, listens }) => group === to && !listens),
              workers * closedPorts.length,
            ),
          ],
          sameSourceReaches: websIn(matrix, from, workers),
          targetAnswers: sourcesIn(matrix, to, workers),
        }),
      ),
    );
    await observeNoWayBetweenTenants(context, ['TCP']);
  },
  { uses: ['global-policies'] },
);

/** The register's number of datagrams is 5; each pod sends so many to every pod of the other tenant, on three workers. */
const datagramsToEach = 2;

check(
  requirements['ISO-CROSS-TENANT-UDP-ICMP'],
  async (context, { tenants }) => {
    context.hint(whichPolicy);
    const mark = randomBytes(4).toString('hex');
    const servers = await Promise.all(
      tenantNames.map(async (name) => ({ name, group: tenants[name], sctp: await sctpTargets(context, name, tenants[name].pods[0]) })),
    );
    const portless = (to: TenantName, sender: TenantName): Destination[] =>
      servers
        .filter(({ name }) => name === to)
        .flatMap(({ group, sctp }) => [
          ...group.pods.flatMap((pod) => [...datagrams(to, pod, `${sender}-${mark}`), pingOf(to, pod), closedUdpOf(to, pod)]),
          ...sctp,
        ]);
    await context.connect(
      bothDirections.map(([from, to]) =>
        claim([
          ...attempts('observation', 'denied', podSources(from, tenants[from]), portless(to, from)),
          ...attempts(
            'control',
            'reached',
            podSources(from, tenants[from]),
            tenants[from].pods.map((pod) => webOf(from, pod)),
          ),
          ...attempts('control', 'reached', podSources(to, tenants[to]), portless(to, to)),
        ]),
      ),
    );
    await Promise.all(tenantNames.map((name) => observeArrivals(context, { name, group: tenants[name], mark })));
    await observeNoWayBetweenTenants(context, ['UDP', 'SCTP', 'ICMP']);
  },
  { uses: ['global-policies'] },
);

function attempts(
  role: ClaimAttempt['role'],
  expect: ClaimAttempt['expect'],
  sources: readonly Source[],
  destinations: readonly Destination[],
): ClaimAttempt[] {
  return sources.flatMap((from) => destinations.map((to): ClaimAttempt => ({ role, from, to, expect })));
}

/** Datagrams that say who sent them. */
function datagrams(to: TenantName, { node, address }: EchoPod, data: string): Destination[] {
  const target = { kind: 'udp', host: address, port: 8081, data: `echo ${data}` } as const;
  return Array.from({ length: datagramsToEach }, () => ({ name: `${to} pod on ${node} port 8081/udp`, target }));
}

/** That no answer came back is not enough: what arrives has crossed the border. */
async function observeArrivals(
  { cluster, observe, control }: CheckContext,
  { name, group, mark }: { name: TenantName; group: EchoGroup; mark: string },
): Promise<void> {
  await Promise.all(
    group.pods.map(async ({ namespace, pod, node }) => {
      const log = await cluster.kubernetes.core.readNamespacedPodLog({ namespace, name: pod });
      for (const sender of tenantNames) {
        const count = log.split(`${sender}-${mark}`).length - 1;
        const subject = `datagrams of ${sender} in the log of the pod of ${name} on ${node}`;
        if (sender === name) control({ subject, vantage: namespace, expected: 'some', saw: String(count), held: count > 0 });
        else observe(equal(subject, { expected: '0', saw: String(count), vantage: namespace }));
      }
    }),
  );
}
