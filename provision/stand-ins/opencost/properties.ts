/** What an allocation is of. Lists and maps are empty where there is nothing to say. */
export interface Properties {
  cluster: string;
  node: string;
  container: string;
  controller: string;
  controllerKind: string;
  namespace: string;
  pod: string;
  services: readonly string[];
  providerID: string;
  labels: Labels;
  annotations: Labels;
  namespaceLabels: Labels;
  namespaceAnnotations: Labels;
}

export type Labels = Readonly<Record<string, string>>;

export const unallocated = '__unallocated__';
export const unmounted = '__unmounted__';

export function emptyProperties(): Properties {
  return {
    cluster: '',
    node: '',
    container: '',
    controller: '',
    controllerKind: '',
    namespace: '',
    pod: '',
    services: [],
    providerID: '',
    labels: {},
    annotations: {},
    namespaceLabels: {},
    namespaceAnnotations: {},
  };
}

const plain = ['cluster', 'node', 'container', 'controller', 'controllerKind', 'namespace', 'pod', 'providerID'] as const;

/** What two allocations have in common once they are added; labels and services of the pods are dropped, those of a shared namespace stay. */
export function intersection(one: Properties, other: Properties): Properties {
  const common = emptyProperties();
  for (const name of plain) if (one[name] === other[name]) common[name] = one[name];
  if (one.namespace !== other.namespace) return common;
  const owner = one.container === unmounted ? other : one;
  return { ...common, namespaceLabels: owner.namespaceLabels, namespaceAnnotations: owner.namespaceAnnotations };
}

/** As intersection, with the labels and annotations that both have (parameter includeAggregatedMetadata). */
export function intersectionWithMetadata(one: Properties, other: Properties): Properties {
  const common = intersection(one, other);
  if (one.namespace !== other.namespace) return common;
  if (one.container === unmounted) return { ...common, labels: other.labels, annotations: other.annotations };
  if (other.container === unmounted) return { ...common, labels: one.labels, annotations: one.annotations };
  return { ...common, labels: shared(one.labels, other.labels), annotations: shared(one.annotations, other.annotations) };
}

function shared(one: Labels, other: Labels): Labels {
  return Object.fromEntries(Object.entries(one).filter(([name, value]) => other[name] === value));
}

/** Properties that are a key part as they are; providerID names an aggregate but is none. */
const keyed = plain.filter((name) => name !== 'providerID');

/** The same allocation's container, as the API names it without aggregation. */
export const containerKey = ['cluster', 'node', 'namespace', 'pod', 'container'] as const;

/** Aliases of label names (opencost's default label configuration). */
const labelAliases: Readonly<Record<string, string>> = {
  department: 'department',
  environment: 'env',
  owner: 'owner',
  product: 'app',
  team: 'team',
};
const controllerKinds = new Set(['deployment', 'daemonset', 'statefulset', 'job']);
const known = new Map(
  [
    'cluster',
    'node',
    'container',
    'controller',
    'controllerKind',
    'namespace',
    'pod',
    'providerID',
    'service',
    ...controllerKinds,
    ...Object.keys(labelAliases),
  ].map((name) => [name.toLowerCase(), name]),
);

/** A label's name as Prometheus keeps it. */
export function sanitizeLabel(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9_]/g, '_');
}

/** The properties that an aggregate parameter names. Unknown ones are skipped: with no other everything falls together under one nameless key. */
export function parseAggregate(parameter: string): readonly string[] {
  const names = parameter
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) return containerKey;
  if (names.length === 1 && names[0] === 'all') return [];
  return names.flatMap((name) => {
    const plainName = known.get(name.toLowerCase());
    if (plainName !== undefined) return [plainName];
    const [kind, label] = [name.slice(0, name.indexOf(':')).toLowerCase(), name.slice(name.indexOf(':') + 1)];
    return kind === 'label' || kind === 'annotation' ? [`${kind}:${sanitizeLabel(label.trim())}`] : [];
  });
}

/** The key under which an allocation is aggregated. */
export function aggregationKey(properties: Properties, aggregate: readonly string[]): string {
  return aggregate.flatMap((name) => keyPart(properties, name)).join('/');
}

function keyPart(properties: Properties, name: string): readonly string[] {
  if (controllerKinds.has(name)) return [properties.controllerKind === name ? properties.controller || unallocated : unallocated];
  if (name.includes(':') || name in labelAliases) return [labelValue(properties, name) ?? unallocated];
  if (name === 'controllerKind') return [properties.controllerKind || unallocated];
  if (name === 'controller') return [controllerName(properties)];
  if (name === 'service') return [serviceName(properties)];
  const own = keyed.find((candidate) => candidate === name);
  return own === undefined ? [] : [properties[own]];
}

function labelValue({ labels, annotations }: Properties, name: string): string | undefined {
  const alias = labelAliases[name];
  if (alias !== undefined) return labels[alias] ?? annotations[alias];
  const [kind, key = ''] = name.split(':');
  return kind === 'label' ? labels[key] : annotations[key];
}

function controllerName({ controller, controllerKind }: Properties): string {
  if (controller === '') return unallocated;
  return controllerKind === '' ? controller : `${controllerKind}:${controller}`;
}

function serviceName({ services, pod, namespace, container }: Properties): string {
  const first = services[0];
  if (first === undefined) return unallocated;
  return [pod, namespace, container].includes(unmounted) ? unmounted : first;
}
