import type { V1Pod } from '@kubernetes/client-node';
import { promised } from '../../../guide/limits.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { PodPlace } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { WaitTimeout, until } from '../../../harness/engine/waiting.ts';

/** Guide, OPT-5: the namespace and the release that it installs; the chart names its pods by this label. */
export const falcoNamespace = 'falco';
const falcoPods = 'app.kubernetes.io/name=falco';

/** An alert of Falco in JSON, which the chart turns on where Falcosidekick is enabled. */
export interface Alert {
  readonly rule: string;
  readonly priority: string;
  readonly output: string;
  /** The node whose Falco told it. */
  readonly node: string;
}

type Looker = Pick<CheckContext, 'cluster' | 'signal'>;

export async function podsOfFalco({ cluster: { kubernetes } }: Pick<CheckContext, 'cluster'>): Promise<V1Pod[]> {
  return (await kubernetes.core.listNamespacedPod({ namespace: falcoNamespace, labelSelector: falcoPods })).items;
}

/** The alerts of the last minutes that name a pod with its namespace, from the logs of every Falco. */
export async function alertsOf(context: Looker, { namespace, pod }: PodPlace): Promise<Alert[]> {
  const {
    cluster: { kubernetes },
    signal,
  } = context;
  const logs = await Promise.all(
    (await podsOfFalco(context)).map(async ({ metadata, spec }) => {
      const { status, body, message } = await kubernetes.request(
        { method: 'GET', path: `/api/v1/namespaces/${falcoNamespace}/pods/${metadata?.name}/log?container=falco&sinceSeconds=180` },
        signal,
      );
      if (status !== 200) throw new Error(`no log of ${metadata?.name}: ${status} ${message}`);
      return String(body)
        .split('\n')
        .flatMap((line) => alertIn(line, spec?.nodeName ?? ''));
    }),
  );
  return logs.flat().filter(({ output }) => output.includes(namespace) && output.includes(pod));
}

/** A line of the log that is an alert; others tell of Falco itself. The fields of the pod are beside the text or in it, by version. */
function alertIn(line: string, node: string): Alert[] {
  if (!line.startsWith('{')) return [];
  const {
    rule,
    priority,
    output,
    output_fields: fields,
  } = JSON.parse(line) as { rule?: string; priority?: string; output?: string; output_fields?: object };
  return rule === undefined ? [] : [{ rule, priority: priority ?? '', output: `${output ?? ''} ${JSON.stringify(fields ?? {})}`, node }];
}

/** The first alert about a pod that is meant; the time-out in words when there is none within a minute. */
export async function awaitedAlert(context: Looker, place: PodPlace, isMeant: (alert: Alert) => boolean): Promise<Alert | string> {
  try {
    return await until(
      `an alert about ${place.namespace}/${place.pod}`,
      { timeoutMs: promised.isolation.falcoAlertMs, everyMs: 2000, signal: context.signal },
      async () => {
        const alerts = await alertsOf(context, place);
        const meant = alerts.find(isMeant);
        return meant === undefined
          ? { notYet: `${alerts.length} others: ${[...new Set(alerts.map(({ rule }) => rule))].join(', ')}` }
          : { done: meant };
      },
    );
  } catch (error) {
    if (error instanceof WaitTimeout) return error.message;
    throw error;
  }
}
