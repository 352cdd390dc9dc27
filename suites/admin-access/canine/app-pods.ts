import { promised } from '../../../guide/limits.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { type EchoPod, echoPod } from '../../fixtures/echo-group.ts';
import type { AppOperations, NewApp } from './api.ts';
import { type Step, does } from './in-order.ts';

const { applicationSettledMs } = promised.adminAccess;

/** Ready pods of the application's web service, when there are so many and no other. Throws a WaitTimeout. */
export async function podsOf(
  { cluster: { kubernetes }, signal }: CheckContext,
  { name }: NewApp,
  count: number,
  timeoutMs: number = applicationSettledMs,
): Promise<EchoPod[]> {
  return (await readyPods(kubernetes, { namespace: name, selector: `app=${name}-web`, count, timeoutMs }, signal)).map(echoPod);
}

interface Planned {
  readonly app: AppOperations;
  readonly planned: NewApp;
}

/** The steps after which an application runs. */
export function deployed(context: CheckContext, { app, planned }: Planned): Step[] {
  const see = async (): Promise<string> => String((await podsOf(context, planned, 1)).length);
  return [triggers(app), { subject: `ready pods of ${planned.name}`, expected: '1', see, awaited: true }];
}

export function triggers(app: AppOperations): Step {
  return does('a deployment is triggered', () => app.deploy());
}

/** The state of the application's namespace, `gone` where there is none. */
export async function namespaceState({ cluster: { kubernetes }, signal }: CheckContext, { name }: NewApp): Promise<string> {
  const found = await kubernetes.raw.read({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, signal);
  return found === undefined ? 'gone' : String((found as { status?: { phase?: string } }).status?.phase);
}

/** The value of a variable in all pods of the application, once it is as wanted: a change rolls them. Throws a WaitTimeout. */
export async function valueInPods(
  context: CheckContext,
  planned: NewApp,
  { name, wanted }: { readonly name: string; readonly wanted: string },
): Promise<string> {
  const { cluster, signal } = context;
  const endsAt = Date.now() + applicationSettledMs;
  const options = { timeoutMs: applicationSettledMs, everyMs: 1000, signal };
  return until(`${name} in the pods of ${planned.name}`, options, async () => {
    const pods = await podsOf(context, planned, 1, endsAt - Date.now());
    const values = await Promise.all(
      pods.map(async ({ place }) => (await cluster.kubernetes.run(place, `printenv ${name} || echo not set`, signal)).trim()),
    );
    return values.every((value) => value === wanted) ? { done: wanted } : { notYet: values.join(', ') };
  });
}
