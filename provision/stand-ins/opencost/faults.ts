import { type Kubernetes, KubernetesError } from './kubernetes.ts';

/** Faults that are on, by name, with their parameter ("on" if they take none). */
export type Faults = Readonly<Partial<Record<FaultName, string>>>;

/**
 * wrong-total: AMOUNT is added to one entry's totalCost. drop-namespace: NAMESPACE is left out of every answer, and its cost with it.
 * ignore-filter, ignore-step, ignore-accumulate: the parameter is not read. empty-data: /allocation answers no set at all.
 * assets-array: /assets wraps its object in an array. hide-disks: /assets leaves volumes out. no-metrics: /metrics answers 503.
 */
const names = [
  'wrong-total',
  'drop-namespace',
  'ignore-filter',
  'ignore-step',
  'ignore-accumulate',
  'empty-data',
  'assets-array',
  'hide-disks',
  'no-metrics',
] as const;
type FaultName = (typeof names)[number];

const mostOften = 1000;

/** Reads the ConfigMap conform-faults of this pod's namespace, at most once a second; without it, or without Kubernetes, there are none. */
export function faultsOf(kubernetes: Kubernetes): () => Promise<Faults> {
  let current: Faults = {};
  let readAt = 0;
  return async () => {
    if (Date.now() - readAt < mostOften) return current;
    readAt = Date.now();
    current = await read(kubernetes, current);
    return current;
  };
}

async function read(kubernetes: Kubernetes, before: Faults): Promise<Faults> {
  try {
    const { data = {} } = (await kubernetes.read(`/api/v1/namespaces/${kubernetes.namespace}/configmaps/conform-faults`)) as {
      data?: Record<string, string>;
    };
    return Object.fromEntries(names.flatMap((name) => (data[name] === undefined ? [] : [[name, data[name]]])));
  } catch (error) {
    return error instanceof KubernetesError && error.status === 404 ? {} : before;
  }
}
