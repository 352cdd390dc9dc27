import type { V1APIService, V1Deployment, V1Pod, V1ReplicaSet } from '@kubernetes/client-node';
import { promised } from '../../../guide/limits.ts';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { atApi, equal } from '../../../harness/engine/measured.ts';
import { check } from '../../fixtures/check.ts';
import { requirements } from '../requirements.ts';
import { runningVersions } from '../running-versions.ts';
import { isFixed, supportOf } from './metrics-releases.ts';

const place = { namespace: 'kube-system', selector: 'k8s-app=metrics-server', container: 'metrics-server' };

check(requirements['NET-METRICS-VERSION'], async ({ cluster: { kubernetes, documented }, observe, control }) => {
  const [deployment, versions, proxies, service] = await Promise.all([
    kubernetes.apps.readNamespacedDeployment({ namespace: place.namespace, name: 'metrics-server' }),
    runningVersions(kubernetes, place),
    runningVersions(kubernetes, { namespace: 'kube-system', selector: 'k8s-app=kube-proxy', container: 'kube-proxy' }),
    kubernetes.objects.read<V1APIService>({
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1beta1.metrics.k8s.io' },
    }),
  ]);
  const needed = documented.versions.kubernetes;
  observe(fixedImage(deployment));
  observe(supportedRelease([...new Set(versions.values())], needed));
  const available = service.status?.conditions?.find(({ type }) => type === 'Available');
  observe(
    equal('condition Available of v1beta1.metrics.k8s.io', {
      expected: 'True',
      saw: available?.status === 'True' ? 'True' : `${available?.status ?? 'missing'} ${available?.message ?? ''}`.trim(),
    }),
  );
  const others = [...new Set(proxies.values())];
  control({
    subject: 'the same reading of kube-proxy, as a release of metrics-server',
    vantage: atApi,
    expected: `a version that supports no Kubernetes ${needed}`,
    saw: others.join(', ') || 'none',
    held: others.length > 0 && others.every((version) => version.startsWith('v') && supportOf(version, needed) === 'not supported'),
  });
});

function fixedImage({ spec }: V1Deployment): Measured {
  const image = spec?.template.spec?.containers.find(({ name }) => name === place.container)?.image ?? 'none';
  return {
    subject: 'image of metrics-server that its Deployment asks for',
    vantage: atApi,
    expected: 'one by a released version or a digest',
    saw: image,
    held: isFixed(image),
  };
}

/** Throws for a release that is newer than those that are known here. */
function supportedRelease(running: readonly string[], kubernetes: string): Measured {
  const support = running.map((version) => supportOf(version, kubernetes));
  if (support.includes('unknown'))
    throw new Error(`nobody knows here whether metrics-server ${running.join(', ')} supports Kubernetes ${kubernetes}`);
  return {
    subject: 'release of metrics-server that runs',
    vantage: atApi,
    expected: `one that supports Kubernetes ${kubernetes}`,
    saw: running.join(', ') || 'none',
    held: running.length === 1 && support[0] === 'supported',
  };
}

const readyWithinSeconds = promised.network.installedMs / 1000;
const insecure = '--kubelet-insecure-tls';

check(requirements['NET-METRICS-ARGS'], async ({ cluster: { kubernetes }, observe, control }) => {
  const [{ items: pods }, { items: sets }] = await Promise.all([
    kubernetes.core.listNamespacedPod({ namespace: place.namespace, labelSelector: place.selector }),
    kubernetes.apps.listNamespacedReplicaSet({ namespace: place.namespace, labelSelector: place.selector }),
  ]);
  const current = sets.filter(({ metadata }) =>
    pods.some((pod) => pod.metadata?.ownerReferences?.some(({ uid }) => uid === metadata?.uid)),
  );
  for (const [index, pod] of pods.entries()) {
    const given = argumentsOf(pod);
    const of = `metrics-server pod ${index + 1}`;
    observe(equal(`first kind of address that ${of} takes`, { expected: 'InternalIP', saw: preferred(given) }));
    observe(equal(`condition Ready of ${of}`, { expected: 'True', saw: readyCondition(pod) }));
    observe(equal(`${insecure} of ${of}`, { expected: 'given', saw: isGiven(given) ? 'given' : 'missing' }));
  }
  const deployment = await kubernetes.apps.readNamespacedDeployment({ namespace: place.namespace, name: 'metrics-server' });
  const { ended, text } = rolledOut(deployment);
  // A rollback takes an old ReplicaSet again, whose pods are new; pods that replaced others later say nothing of the rollout.
  const began = Math.max(
    ...[...current, ...pods].map(({ metadata }) => metadata?.creationTimestamp?.getTime() ?? Number.NaN).filter((made) => made <= ended),
  );
  const seconds = (ended - began) / 1000;
  observe({
    subject: 'time from the patch to a Ready pod',
    vantage: atApi,
    expected: `at most ${readyWithinSeconds} s`,
    saw: Number.isNaN(seconds) ? `never: ${text}` : `${seconds.toFixed(0)} s`,
    held: seconds <= readyWithinSeconds,
  });
  const unpatched = beforeThePatch(
    deployment,
    sets.filter((set) => !current.includes(set)),
  );
  control({
    subject: `${insecure} before the patch, as upstream has it`,
    vantage: atApi,
    expected: 'missing',
    saw: unpatched.map(({ name, is }) => `${name} ${is}`).join(', ') || 'neither an earlier revision nor an applied manifest',
    held: unpatched.some(({ is }) => is === 'missing'),
  });
});

/** The time at which the rollout was complete: it stays when a pod becomes Ready once more later, for example after a power cut. */
function rolledOut({ status }: V1Deployment): { ended: number; text: string } {
  const progressing = status?.conditions?.find(({ type }) => type === 'Progressing');
  return {
    ended: progressing?.reason === 'NewReplicaSetAvailable' ? (progressing.lastUpdateTime?.getTime() ?? Number.NaN) : Number.NaN,
    text: `${progressing?.reason} ${progressing?.message}`,
  };
}

function readyCondition({ status }: V1Pod): string {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'missing';
}

/**
 * What the Deployment was before, by name: earlier revisions, and the manifest that kubectl keeps. A patch that comes right
 * after the manifest leaves one revision: the controller never saw the other.
 */
function beforeThePatch({ metadata }: V1Deployment, earlier: readonly V1ReplicaSet[]): { name: string; is: 'given' | 'missing' }[] {
  const applied = metadata?.annotations?.['kubectl.kubernetes.io/last-applied-configuration'];
  const templates = [
    ...earlier.map((set) => ({ name: set.metadata?.name ?? '', template: set.spec?.template })),
    ...(applied === undefined ? [] : [{ name: 'the applied manifest', template: (JSON.parse(applied) as V1Deployment).spec?.template }]),
  ];
  return templates.map(({ name, template }) => ({ name, is: isGiven(argumentsOf(template ?? {})) ? 'given' : 'missing' }));
}

function argumentsOf({ spec }: Pick<V1Pod, 'spec'>): string[] {
  return (spec?.containers ?? [])
    .filter(({ name }) => name === place.container)
    .flatMap(({ command = [], args = [] }) => [...command, ...args]);
}

/** A list flag that is given more than once is one list (pflag, StringSlice). */
function preferred(given: readonly string[]): string {
  const flag = '--kubelet-preferred-address-types=';
  return given.filter((each) => each.startsWith(flag)).flatMap((each) => each.slice(flag.length).split(','))[0] ?? 'the default';
}

function isGiven(given: readonly string[]): boolean {
  return given.some((each) => each === insecure || each === `${insecure}=true`);
}
