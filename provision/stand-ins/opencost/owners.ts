import type { Allocation } from './allocation.ts';
import { podKey, type Pods } from './pods.ts';
import type { Series } from './prometheus.ts';
import { carried, clusterOf, type Source } from './query-set.ts';

type Objects = Record<
  | 'namespaceLabels'
  | 'namespaceAnnotations'
  | 'podLabels'
  | 'podAnnotations'
  | 'services'
  | 'deployments'
  | 'statefulSets'
  | 'daemonSetOwners'
  | 'jobOwners'
  | 'replicaSetOwners'
  | 'ownReplicaSets',
  readonly Series[]
>;

type LabelMap = Map<string, Record<string, string>>;

/** A namespaced object that selects pods by labels. */
interface Selector {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The containers behind each Service, by cluster/namespace/service. */
export type Served = ReadonlyMap<string, readonly Allocation[]>;

/** Puts labels, controllers and Services on the pods' containers. */
export function applyObjects(source: Source, pods: Pods, objects: Objects): Served {
  const podLabels = labelsBy(source, objects.podLabels, 'label_', 'pod');
  applyLabels(source, pods, objects, podLabels);
  applyControllers(source, pods, objects, podLabels);
  return applyServices(source, pods, objects.services, podLabels);
}

function labelsBy(source: Source, answer: readonly Series[], prefix: 'label_' | 'annotation_', of: 'pod' | 'namespace'): LabelMap {
  const all: LabelMap = new Map();
  for (const series of answer) {
    const { namespace, pod } = series.metric;
    if (namespace === undefined || (of === 'pod' && pod === undefined)) continue;
    const key = of === 'pod' ? podKey(clusterOf(source, series), namespace, pod ?? '') : `${clusterOf(source, series)}/${namespace}`;
    all.set(key, { ...all.get(key), ...carried(prefix, series) });
  }
  return all;
}

function applyLabels(source: Source, pods: Pods, objects: Objects, podLabels: LabelMap): void {
  const namespaceLabels = labelsBy(source, objects.namespaceLabels, 'label_', 'namespace');
  const namespaceAnnotations = labelsBy(source, objects.namespaceAnnotations, 'annotation_', 'namespace');
  const podAnnotations = labelsBy(source, objects.podAnnotations, 'annotation_', 'pod');
  for (const pod of pods.values()) {
    const namespace = `${pod.cluster}/${pod.namespace}`;
    for (const { properties } of pod.containers.values()) {
      properties.namespaceLabels = namespaceLabels.get(namespace) ?? {};
      properties.namespaceAnnotations = namespaceAnnotations.get(namespace) ?? {};
      properties.labels = { ...properties.namespaceLabels, ...podLabels.get(pod.key) };
      properties.annotations = { ...properties.namespaceAnnotations, ...podAnnotations.get(pod.key) };
    }
  }
}

/** Later kinds win, in OpenCost's order. */
function applyControllers(source: Source, pods: Pods, objects: Objects, podLabels: LabelMap): void {
  const own = new Set(
    objects.ownReplicaSets.map((series) => `${clusterOf(source, series)}/${series.metric['namespace']}/${series.metric['replicaset']}`),
  );
  const ownedByReplicaSet = objects.replicaSetOwners.filter((series) =>
    own.has(`${clusterOf(source, series)}/${series.metric['namespace']}/${series.metric['owner_name']}`),
  );
  applySelected(pods, selectors(source, objects.deployments, 'deployment'), podLabels, 'deployment');
  applySelected(pods, selectors(source, objects.statefulSets, 'statefulSet'), podLabels, 'statefulset');
  applyOwned(source, pods, objects.daemonSetOwners, 'daemonset');
  applyOwned(source, pods, objects.jobOwners, 'job');
  applyOwned(source, pods, ownedByReplicaSet, 'replicaset');
}

function selectors(source: Source, answer: readonly Series[], nameLabel: string): readonly Selector[] {
  return answer.flatMap((series) => {
    const { namespace, [nameLabel]: name } = series.metric;
    const labels = carried('label_', series);
    return namespace === undefined || name === undefined ? [] : [{ cluster: clusterOf(source, series), namespace, name, labels }];
  });
}

function selected({ cluster, namespace, labels }: Selector, pods: Pods, podLabels: LabelMap): readonly string[] {
  return [...podLabels.keys()].filter((key) => {
    const pod = pods.get(key);
    if (pod === undefined || pod.cluster !== cluster || pod.namespace !== namespace) return false;
    return Object.entries(labels).every(([name, wanted]) => podLabels.get(key)?.[name] === wanted);
  });
}

function applySelected(pods: Pods, controllers: readonly Selector[], podLabels: LabelMap, kind: string): void {
  for (const controller of controllers) for (const key of selected(controller, pods, podLabels)) control(pods, key, controller.name, kind);
}

function applyOwned(source: Source, pods: Pods, owners: readonly Series[], kind: string): void {
  for (const series of owners) {
    const { namespace, pod, owner_name: owner } = series.metric;
    if (namespace === undefined || pod === undefined || owner === undefined) continue;
    control(pods, podKey(clusterOf(source, series), namespace, pod), kind === 'job' ? cronJobOf(owner) : owner, kind);
  }
}

/** A CronJob's Jobs carry its name and a time. */
function cronJobOf(job: string): string {
  return /^(.+)-\d{8,10}$/.exec(job)?.[1] ?? job;
}

function control(pods: Pods, key: string, controller: string, controllerKind: string): void {
  for (const { properties } of pods.get(key)?.containers.values() ?? []) Object.assign(properties, { controller, controllerKind });
}

function applyServices(source: Source, pods: Pods, answer: readonly Series[], podLabels: LabelMap): Served {
  const served = new Map<string, Allocation[]>();
  for (const service of selectors(source, answer, 'service').toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    const allocations = selected(service, pods, podLabels).flatMap((key) => [...(pods.get(key)?.containers.values() ?? [])]);
    for (const { properties } of allocations) properties.services = [...properties.services, service.name];
    if (allocations.length > 0) served.set(`${service.cluster}/${service.namespace}/${service.name}`, allocations);
  }
  return served;
}
