import { readFile } from 'node:fs/promises';
import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { equal } from '../../../harness/engine/measured.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { answerText, tryToMake } from '../admission.ts';
import { requirements } from '../requirements.ts';
import { container, gatedPod, podWith } from '../tenant-objects.ts';
import { check } from './check.ts';
import { isUnconstrained, observeLivingContainers, observeLivingLimits } from './living-limits.ts';
import { livingUses } from './living-quotas.ts';
import { limitNumbers } from './promised-numbers.ts';

const constraints = [
  { type: 'Container', name: 'default' },
  { type: 'Container', name: 'defaultRequest' },
] as const;

const defaults = resourcesText({ limits: limitNumbers.Container.default, requests: limitNumbers.Container.defaultRequest });

check(
  requirements['ISO-LIMIT-DEFAULT'],
  async (context, { limitedTenant: { namespace } }) => {
    const { observe, control } = context;
    await observeLivingLimits(context, constraints);
    const [inside, outside] = await Promise.all(
      [namespace, 'default'].map(async (where) => admittedAs(context, gatedPod(where, 'conform-bare'))),
    );
    for (const { resources } of inside ?? [])
      observe(equal('a container that asks for nothing', { expected: defaults, saw: resourcesText(resources) }));
    for (const { resources } of outside ?? [])
      control(equal('the same container outside the tenant', { expected: resourcesText({}), saw: resourcesText(resources) }));
    await observeOnNode(context);
  },
  livingUses,
);

/** The limits as the node applies them, and the container sees them: 500m of a period of 100 ms, and 256Mi. */
async function observeOnNode({ cluster: { kubernetes, documented }, changes, observe, signal }: CheckContext): Promise<void> {
  const namespace = documented.tenants.alice;
  const pod = `conform-bare-${nonce()}`;
  await changes.createFrom(`${import.meta.dirname}/bare-pod.yaml`, { NAME: pod, NAMESPACE: namespace });
  await readyPods(kubernetes, { namespace, selector: `conform-pod=${pod}`, count: 1 }, signal);
  const limits = await kubernetes.run(
    { namespace, pod },
    await readFile(`${import.meta.dirname}/../../fixtures/read-limits.sh`, 'utf8'),
    signal,
  );
  observe(
    equal('CPU quota, its period and memory limit of a container that asks for nothing', {
      expected: '50000 100000 268435456',
      saw: limits.trim().replaceAll(/\s+/g, ' '),
      vantage: `a pod of ${namespace}`,
    }),
  );
}

check(
  requirements['ISO-LIMIT-INIT-AND-SIDECAR'],
  async (context, { limitedTenant: { namespace } }) => {
    const { observe, control } = context;
    await observeLivingLimits(context, constraints);
    await observeLivingContainers(context, { that: 'without a limit or a request', is: isUnconstrained });
    const own = { requests: { cpu: '60m', memory: '70Mi' }, limits: { cpu: '70m', memory: '80Mi' } };
    const several = podWith(namespace, 'conform-several', {
      initContainers: [container('init')],
      containers: [container('one'), container('two'), container('own', own)],
    });
    for (const { name, resources } of await admittedAs(context, several))
      if (name === 'own')
        control(equal('a container that asks for its own', { expected: resourcesText(own), saw: resourcesText(resources) }));
      else observe(equal(`container ${name}, which asks for nothing`, { expected: defaults, saw: resourcesText(resources) }));
  },
  livingUses,
);

/** All containers of a pod as the API would admit it; throws when it would not. */
async function admittedAs({ cluster: { kubernetes }, signal }: CheckContext, pod: ReturnType<typeof podWith>): Promise<V1Container[]> {
  const answer = await tryToMake(kubernetes, pod, { signal, dryRun: true });
  if (answer.status !== 201) throw new Error(`a pod in ${pod.metadata?.namespace} was refused: ${answerText(answer)}`);
  const { spec } = answer.body as V1Pod;
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}

function resourcesText({ limits, requests }: V1Container['resources'] = {}): string {
  const amounts = (of: Readonly<Record<string, string>> = {}): string => `cpu ${of['cpu'] ?? 'none'} memory ${of['memory'] ?? 'none'}`;
  return `limits ${amounts(limits)}, requests ${amounts(requests)}`;
}
