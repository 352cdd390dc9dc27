import type { Measured } from '../../harness/engine/evidence.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { equal, noneOf } from '../../harness/engine/measured.ts';
import { isScratchName } from '../../harness/engine/stable-key.ts';
import { type AllocationSet, type Allocations, noEntries } from '../../harness/platform/opencost/allocation.ts';
import { runLabel } from '../../harness/engine/changes/changes.ts';
import { type CostApi, type Parameters, costsOf, withQuery } from './cost-api.ts';

/** A namespaced name of a pod, as OpenCost's view by namespace and pod has it. */
interface PlacedPod {
  readonly namespace: string;
  readonly name: string;
}

/** The sets of an answer, observed to be one; none where OpenCost refused. Throws where the cluster is too young to have any. */
export async function judgedSets(
  context: CheckContext,
  api: CostApi,
  parameters: Parameters,
  isThere?: (sets: readonly AllocationSet[]) => boolean,
): Promise<readonly AllocationSet[]> {
  const answer = await costsOf(context, api, parameters, isThere);
  const entries = answer.kind === 'sets' ? answer.sets.reduce((sum, set) => sum + set.size, 0) : 0;
  context.observe({
    key: `answer to ${withQuery('/allocation', { ...parameters, window: '' })}`,
    subject: `answer to ${withQuery('/allocation', parameters)}`,
    vantage: api.vantage,
    expected: 'HTTP 200 with entries',
    saw: textOf(answer, entries),
    held: entries > 0,
  });
  return answer.kind === 'sets' ? answer.sets : [];
}

/** The one set of an accumulated answer, observed to be the only one; an empty one where OpenCost refused. */
export async function judgedSet(
  context: CheckContext,
  api: CostApi,
  parameters: Parameters,
  isThere?: (set: AllocationSet) => boolean,
): Promise<AllocationSet> {
  const accumulated = { ...parameters, accumulate: 'true' };
  const sets = await judgedSets(context, api, accumulated, isThere && (([set]) => set !== undefined && isThere(set)));
  if (sets.length > 0) {
    const [saw, vantage] = [String(sets.length), api.vantage];
    context.observe(equal('sets in an accumulated answer', { expected: '1', saw, vantage }));
  }
  return sets[0] ?? noEntries;
}

function textOf(answer: Allocations, entries: number): string {
  return answer.kind === 'refused' ? answer.text : `HTTP 200, ${answer.sets.length} sets, ${entries} entries`;
}

/** A control: the same API refuses a window that is none, so it reads its parameters. */
export async function refusesBadWindow({ control }: Pick<CheckContext, 'control'>, api: CostApi): Promise<void> {
  const answer = await api.ask('/allocation', { window: 'nonsense', aggregate: 'namespace' });
  control({
    subject: 'answer to a window that is none',
    vantage: api.vantage,
    expected: 'HTTP 400',
    saw: answer.kind === 'answered' ? `HTTP ${answer.status}` : answer.text,
    held: answer.kind === 'answered' && answer.status === 400,
  });
}

/** A control about the entries of an answer; where there are none, the observation of the answer has failed, and nothing is left to prove. */
export function controlEntries({ control }: Pick<CheckContext, 'control'>, entries: AllocationSet, measured: Measured): void {
  if (entries.size > 0) control(measured);
}

/** Pods that Kubernetes has at present. */
async function placedPods({ cluster: { kubernetes } }: Pick<CheckContext, 'cluster'>): Promise<PlacedPod[]> {
  const { items } = await kubernetes.core.listPodForAllNamespaces();
  return items.map(({ metadata }) => ({ namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' }));
}

/**
 * Entries of a view by namespace and pod whose pod is in another namespace according to Kubernetes, where no pod of that name is in the
 * entry's own: labels that were not honoured put them under the namespace of who was scraped.
 */
export function misplaced(names: Iterable<string>, pods: readonly PlacedPod[]): string[] {
  const namespaces = new Map<string, Set<string>>();
  for (const { namespace, name } of pods) namespaces.set(name, (namespaces.get(name) ?? new Set()).add(namespace));
  return [...names].filter((entry) => {
    const [namespace = '', pod = ''] = entry.split('/');
    const at = namespaces.get(pod);
    return at !== undefined && !at.has(namespace);
  });
}

/** Observes that each pod of a window counts under its own namespace. */
export async function observePlaces(context: CheckContext, api: CostApi, window: string): Promise<void> {
  const [set] = await judgedSets(context, api, { window, aggregate: 'namespace,pod', accumulate: 'true', resolution: '1m' });
  context.observe(
    noneOf('pods that count under a namespace in which they are not', {
      saw: misplaced(set?.keys() ?? [], await placedPods(context)),
      vantage: api.vantage,
    }),
  );
}

/** Whether an object is one of a run's own, by its name or its label; those come and go while others look. */
export function isOfRun(
  metadata: { readonly name?: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> } = {},
): boolean {
  return isScratchName(metadata.name ?? '') || isScratchName(metadata.namespace ?? '') || metadata.labels?.[runLabel] !== undefined;
}
