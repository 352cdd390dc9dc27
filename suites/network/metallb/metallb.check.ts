import type { V1Pod } from '@kubernetes/client-node';
import { promised } from '../../../guide/limits.ts';
import { atApi, equal } from '../../../harness/engine/measured.ts';
import { isReady } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { metallbNamespace } from '../../../harness/platform/metallb/address-pools.ts';
import { check } from '../../fixtures/check.ts';
import { everyNode } from '../every-node.ts';
import { requirements } from '../requirements.ts';
import { runningVersions } from '../running-versions.ts';
import { madeDuringStep, recordedStep, stepReadiness } from '../step-readiness.ts';
import { answerText, dryRunPool } from './dry-run-pools.ts';

const controllers = { namespace: metallbNamespace, selector: 'app=metallb,component=controller', container: 'controller' };
const speakers = { namespace: metallbNamespace, selector: 'app=metallb,component=speaker', container: 'speaker' };

check(requirements['NET-METALLB-VERSION'], async ({ cluster, observe, control }) => {
  const { kubernetes, documented } = cluster;
  const { metallb } = documented.versions;
  const [controller, speaker, agents, nodes] = await Promise.all([
    runningVersions(kubernetes, controllers),
    runningVersions(kubernetes, speakers),
    runningVersions(kubernetes, { namespace: 'calico-system', selector: 'k8s-app=calico-node', container: 'calico-node' }),
    everyNode(cluster),
  ]);
  observe(equal('controllers that run', { expected: [metallb], saw: [...controller.values()] }));
  for (const name of nodes) observe(equal(`speaker that runs on ${name}`, { expected: metallb, saw: speaker.get(name) ?? 'none' }));
  const others = [...new Set(agents.values())];
  control({
    subject: 'the same reading of calico-node',
    vantage: atApi,
    expected: `a version that is not ${metallb}`,
    saw: others.join(', ') || 'none',
    held: others.length > 0 && others.every((version) => version !== metallb && version.startsWith('v')),
  });
});

check(requirements['NET-METALLB-HEALTH'], async (context) => {
  const { cluster, observe, control, hint } = context;
  const { descriptor, kubernetes } = cluster;
  hint(
    async () =>
      'kubectl -n metallb-system get pods -o wide; kubectl -n metallb-system logs deployment/controller: does the webhook have a certificate?',
  );
  const podsOf = async ({ namespace, selector }: { namespace: string; selector: string }): Promise<V1Pod[]> =>
    (await kubernetes.core.listNamespacedPod({ namespace, labelSelector: selector })).items;
  const [controllerPods, speakerPods, nodes, sets] = await Promise.all([
    podsOf(controllers),
    podsOf(speakers),
    everyNode(cluster),
    kubernetes.apps.listNamespacedDaemonSet({ namespace: metallbNamespace }),
  ]);
  observe(equal('controllers that are Ready', { expected: '1', saw: String(controllerPods.filter(isReady).length) }));
  observe(
    equal('nodes whose speaker is Ready', { expected: nodes, saw: speakerPods.filter(isReady).map(({ spec }) => spec?.nodeName ?? '') }),
  );
  const [valid, overlapping, malformed] = await Promise.all([
    dryRunPool(context, 'valid'),
    dryRunPool(context, 'overlapping'),
    dryRunPool(context, 'malformed'),
  ]);
  observe(equal('a pool beside the others (dry run)', { expected: '201', saw: answerText(valid) }));
  observe({
    subject: 'a pool of addresses that another has (dry run)',
    vantage: atApi,
    expected: "refused in the webhook's words",
    saw: answerText(overlapping),
    held: overlapping.status !== 201 && /denied the request: .*overlaps/.test(overlapping.message),
  });
  control({
    subject: 'a pool without addresses, which the API refuses by itself (dry run)',
    vantage: atApi,
    expected: '422',
    saw: answerText(malformed),
    held: malformed.status === 422,
  });
  // From the record: a pod that runs now tells the time of its own start, not of the first one.
  observe(stepReadiness(descriptor.steps, 'metallb', { withinSeconds: promised.network.installedMs / 1000 }));
  const speaker = sets.items.find(({ metadata }) => metadata?.name === 'speaker');
  control(
    madeDuringStep(recordedStep(descriptor.steps, 'metallb'), { what: 'DaemonSet speaker', at: speaker?.metadata?.creationTimestamp }),
  );
});
