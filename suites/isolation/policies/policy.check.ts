import { nonce } from '../../../harness/engine/stable-key.ts';
import type { V1Pod } from '@kubernetes/client-node';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { check } from '../../fixtures/check.ts';
import { connectionMatrix } from '../../fixtures/connection-matrix.ts';
import { echoPod, workerNames } from '../../fixtures/echo-group.ts';
import { neutral, tenants } from '../../fixtures/groups.ts';
import { equal, noneOf } from '../../../harness/engine/measured.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import { readCells } from '../../../harness/probe/matrix.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { anchor, denied, every, sourcesOf, targetsLike, tenantNames, withinTenant } from '../../fixtures/cells.ts';
import { requirements } from '../requirements.ts';

interface PolicySpec {
  readonly podSelector?: object;
  readonly policyTypes?: readonly string[];
}

check(
  requirements['ISO-POLICY-DEFAULT-DENY'],
  async (context) => {
    const {
      cluster: { kubernetes, documented },
      observe,
      signal,
    } = context;
    await Promise.all(
      Object.values(documented.tenants).map(async (namespace) => {
        const policy = await kubernetes.raw.read(
          { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'deny-all-default', namespace } },
          signal,
        );
        const spec = (policy as { spec?: PolicySpec } | undefined)?.spec;
        observe(
          equal(`podSelector of deny-all-default in ${namespace}`, {
            expected: '{}',
            saw: JSON.stringify(spec?.podSelector ?? 'no such policy'),
          }),
        );
        observe(
          equal(`policyTypes of deny-all-default in ${namespace}`, { expected: ['Ingress', 'Egress'], saw: spec?.policyTypes ?? [] }),
        );
      }),
    );
    const matrix = await connectionMatrix();
    const of = (owner: string): string[] => targetsLike(matrix, new RegExp(`^${owner} (pod on \\w+|service)( udp)?$`));
    await readCells(context, matrix, [
      ...tenantNames.flatMap((name) => [
        ...every(matrix, sourcesOf(matrix, name), of('neutral'), denied),
        ...every(matrix, sourcesOf(matrix, 'neutral'), of(name), denied),
      ]),
      ...every(matrix, sourcesOf(matrix, 'default'), of('neutral'), anchor),
      ...every(matrix, sourcesOf(matrix, 'neutral'), of('default'), anchor),
      ...tenantNames.flatMap((name) => withinTenant(matrix, name)),
    ]);
  },
  { uses: ['connection-matrix'] },
);

/** Attempts of a pod at each target within its first ten seconds: see new-pods.yaml. */
const attemptsOfPod = 14;

check(requirements['ISO-POLICY-EVERY-POD'], async (context) => {
  context.hint(
    async () =>
      'kubectl get networkpolicy -n canine-alice -o yaml: the podSelector of deny-all-default must be empty, and no other policy may admit pods by their labels',
  );
  const { cluster, changes, observe, control, signal } = context;
  const [{ alice, bob }, open] = await Promise.all([tenants(), neutral()]);
  const name = `conform-new-${nonce()}`;
  const [first, second, third] = workerNames(cluster);
  const at = (pod: { address: string }): string => `${pod.address}:8080`;
  await changes.createFrom(`${import.meta.dirname}/new-pods.yaml`, {
    NAME: name,
    NAMESPACE: alice.namespace,
    FIRST: first ?? '',
    SECOND: second ?? '',
    THIRD: third ?? first ?? '',
    OWN: at(alice.pods[0]),
    OTHER: at(bob.pods[0]),
    OPEN: at(open.pods[0]),
  });
  const fresh = await addressed(context, { namespace: alice.namespace, name });
  // What comes in, from the moment on at which a pod has an address.
  await connections(context, [
    ...fresh.map((pod): Connection => ({ ...denied, from: open.pods[0].place, to: pod.tcp, name: `new pod ${pod.pod}` })),
    { ...anchor, from: open.pods[0].place, to: open.pods[1].tcp, name: 'a pod beside it' },
    { ...anchor, from: open.pods[1].place, to: open.pods[0].tcp, name: 'what the new pods dial, without policies' },
    { ...anchor, from: bob.pods[1].place, to: bob.pods[0].tcp, name: "what the new pods dial, bob's own" },
  ]);
  await Promise.all(
    fresh.map(async ({ place, pod, tcp }) => {
      const serves = await firstAnswer(cluster, { from: alice.pods[0].place, to: tcp }, { timeoutMs: 20_000, signal });
      control({
        subject: `new pod ${pod}, dialled by its own tenant`,
        vantage: cluster.placeText(alice.pods[0].place),
        expected: 'answers',
        saw: serves.text,
        held: serves.answered,
      });
      const told = await logOf(context, { namespace: place.namespace, name: pod });
      const ended = (target: string): string[] =>
        told.filter((line) => line.startsWith(`${target} `)).map((line) => line.slice(target.length + 1).trim());
      for (const target of ['other', 'open']) {
        observe(
          noneOf(
            `connections of ${attemptsOfPod} to ${target === 'other' ? 'the other tenant' : 'a namespace without policies'} in its first ten seconds`,
            { saw: ended(target).filter((each) => each.startsWith('0')), vantage: pod },
          ),
        );
        control(
          equal('attempts that ended by time-out or connected', {
            expected: String(attemptsOfPod),
            saw: String(ended(target).filter((each) => each.startsWith('0') || each.includes('TIMEOUT')).length),
            vantage: pod,
          }),
        );
      }
      control({
        subject: `connections of ${attemptsOfPod} to its own tenant`,
        vantage: pod,
        expected: 'some',
        saw: String(ended('own').filter((each) => each.startsWith('0')).length),
        held: ended('own').some((each) => each.startsWith('0')),
      });
    }),
  );
});

/** The three new pods, as soon as each has an address. */
async function addressed(
  { cluster: { kubernetes }, signal }: CheckContext,
  { namespace, name }: { namespace: string; name: string },
): Promise<ReturnType<typeof echoPod>[]> {
  const isOwn = ({ metadata }: V1Pod): boolean => metadata?.name?.startsWith(`${name}-`) === true;
  return until('addresses of the new pods', { timeoutMs: 30_000, everyMs: 200, signal }, async () => {
    const { items } = await kubernetes.core.listNamespacedPod({ namespace });
    const own = items.filter((pod) => isOwn(pod) && pod.status?.podIP !== undefined);
    return own.length === 3 ? { done: own.map(echoPod) } : { notYet: `${own.length} of 3` };
  });
}

/** What a pod has told when it has made all its attempts. */
async function logOf({ cluster: { kubernetes }, signal }: CheckContext, pod: { namespace: string; name: string }): Promise<string[]> {
  return until(`${pod.name} to end its attempts`, { timeoutMs: 40_000, everyMs: 1000, signal }, async () => {
    const lines = (await kubernetes.core.readNamespacedPodLog(pod)).split('\n');
    return lines.includes('done') ? { done: lines } : { notYet: `${lines.length} lines` };
  });
}
