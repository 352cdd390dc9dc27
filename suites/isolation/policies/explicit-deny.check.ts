import { patience } from '../../../harness/engine/patience.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { type Destination, denial } from '../../../harness/probe/claims.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import { check } from '../../fixtures/check.ts';
import { echoPod } from '../../fixtures/echo-group.ts';
import { requirements } from '../requirements.ts';
import { podSource, podSources, webOf } from './sources.ts';

check(
  requirements['ISO-EXPLICIT-ADMIN-DENY'],
  async (context, { permissive, neutral }) => {
    context.hint(
      async () =>
        'kubectl get globalnetworkpolicies deny-tenant-to-platform-egress -o yaml: its namespaceSelector must match tenants (E17); the policy deny-admin-namespaces of the template denies nothing (E40)',
    );
    const { cluster, connect, signal } = context;
    const [open] = neutral.pods;
    const targets = await reachablePods(context);
    // Until the new policy is in force on every node.
    const awaited = { timeoutMs: patience('effect'), signal };
    await Promise.all(targets.map(({ target }) => firstAnswer(cluster, { from: open.place, to: target }, awaited)));
    await connect([
      denial({
        from: podSources('permissive', permissive),
        to: targets,
        sameSourceReaches: webOf('neutral', open),
        targetAnswers: podSource('neutral', open),
      }),
    ]);
  },
  { changes: ['global-policies'] },
);

/** A pod in each namespace of the platform that admits everybody: only these, so that the tenant's side alone decides, and the platform itself stays closed. */
async function reachablePods({ cluster: { kubernetes, documented }, changes, signal }: CheckContext): Promise<Destination[]> {
  const name = `conform-reachable-${nonce()}`;
  await changes.createFrom(`${import.meta.dirname}/admit-to-reachable.yaml`, { NAME: name });
  return Promise.all(
    documented.platformNamespaces.map(async (namespace) => {
      await changes.createFrom(`${import.meta.dirname}/reachable-pod.yaml`, { NAME: name, NAMESPACE: namespace });
      const [pod] = await readyPods(kubernetes, { namespace, selector: `conform-reachable=${name}`, count: 1 }, signal);
      if (pod === undefined) throw new Error(`no pod in ${namespace}`);
      return { name: `a pod in ${namespace} that admits everybody`, target: echoPod(pod).tcp };
    }),
  );
}
