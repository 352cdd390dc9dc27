import type { V1Pod } from '@kubernetes/client-node';
import { check } from '../../fixtures/check.ts';
import { metallbNamespace } from '../../../harness/platform/metallb/address-pools.ts';
import type { ApiAnswer } from '../../../harness/platform/kubernetes/api-request.ts';
import { type Kubernetes, isReady } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { readManifest } from '../../../harness/platform/kubernetes/manifest.ts';
import { atApi, equal } from '../../../harness/engine/measured.ts';
import { runningVersions } from '../running-versions.ts';
import { requirements } from '../requirements.ts';
import { stepReadiness } from '../step-readiness.ts';

const controllers = { namespace: metallbNamespace, selector: 'app=metallb,component=controller', container: 'controller' };
const speakers = { namespace: metallbNamespace, selector: 'app=metallb,component=speaker', container: 'speaker' };

check(requirements['NET-METALLB-VERSION'], async ({ cluster: { kubernetes, documented }, observe, control }) => {
  const { metallb } = documented.versions;
  const [controller, speaker, agents] = await Promise.all([
    runningVersions(kubernetes, controllers),
    runningVersions(kubernetes, speakers),
    runningVersions(kubernetes, { namespace: 'calico-system', selector: 'k8s-app=calico-node', container: 'calico-node' }),
  ]);
  observe(equal('controllers that run', { expected: [metallb], saw: [...controller.values()] }));
  for (const { name } of documented.nodes)
    observe(equal(`speaker that runs on ${name}`, { expected: metallb, saw: speaker.get(name) ?? 'none' }));
  const others = [...new Set(agents.values())];
  control({
    subject: 'the same reading of calico-node',
    vantage: atApi,
    expected: `a version that is not ${metallb}`,
    saw: others.join(', ') || 'none',
    held: others.length > 0 && others.every((version) => version !== metallb && version.startsWith('v')),
  });
});

/** Guide, Install MetalLB: kubectl wait --timeout=300s. */
const startsWithinSeconds = 300;

check(requirements['NET-METALLB-HEALTH'], async ({ cluster: { descriptor, kubernetes, documented }, observe, control, hint, signal }) => {
  hint(
    async () =>
      'kubectl -n metallb-system get pods -o wide; kubectl -n metallb-system logs deployment/controller: does the webhook have a certificate?',
  );
  const podsOf = async ({ namespace, selector }: { namespace: string; selector: string }): Promise<V1Pod[]> =>
    (await kubernetes.core.listNamespacedPod({ namespace, labelSelector: selector })).items;
  const [controllerPods, speakerPods, nodes] = await Promise.all([podsOf(controllers), podsOf(speakers), kubernetes.core.listNode()]);
  const documentedNodes = documented.nodes.map(({ name }) => name);
  observe(equal('controllers that are Ready', { expected: '1', saw: String(controllerPods.filter(isReady).length) }));
  observe(
    equal('nodes whose speaker is Ready', {
      expected: documentedNodes,
      saw: speakerPods.filter(isReady).map(({ spec }) => spec?.nodeName ?? ''),
    }),
  );
  // From the record: a pod that runs now tells the time of its own start, not of the first one.
  observe(stepReadiness(descriptor.steps, 'metallb', { withinSeconds: startsWithinSeconds }));
  const [valid, overlapping, malformed] = await Promise.all(
    ['valid', 'overlapping', 'malformed'].map((name) => dryRun(kubernetes, name, signal)),
  );
  observe(equal('a pool beside the others (dry run)', { expected: '201', saw: answerOf(valid) }));
  observe({
    subject: 'a pool of addresses that another has (dry run)',
    vantage: atApi,
    expected: "refused in the webhook's words",
    saw: answerOf(overlapping),
    held: overlapping?.status !== 201 && /denied the request: .*overlaps/.test(overlapping?.message ?? ''),
  });
  control({
    subject: 'a pool without addresses, which the API refuses by itself (dry run)',
    vantage: atApi,
    expected: '422',
    saw: answerOf(malformed),
    held: malformed?.status === 422,
  });
  control(equal('nodes that the API knows', { expected: documentedNodes, saw: nodes.items.map(({ metadata }) => metadata?.name ?? '') }));
});

/** Asks the API what it would say to one of the pools in dry-run-pools.yaml, webhooks included, and changes nothing. */
async function dryRun(kubernetes: Kubernetes, name: string, signal: AbortSignal): Promise<ApiAnswer> {
  const pools = await readManifest(`${import.meta.dirname}/dry-run-pools.yaml`, { NAMESPACE: metallbNamespace });
  const body = pools.find(({ metadata }) => metadata?.name === `conform-${name}`);
  if (body === undefined) throw new Error(`dry-run-pools.yaml has no pool conform-${name}`);
  return kubernetes.request(
    { method: 'POST', path: `/apis/metallb.io/v1beta1/namespaces/${metallbNamespace}/ipaddresspools?dryRun=All`, body },
    signal,
  );
}

function answerOf(answer: ApiAnswer | undefined): string {
  return `${answer?.status ?? 'no answer'} ${answer?.message ?? ''}`.trim();
}
