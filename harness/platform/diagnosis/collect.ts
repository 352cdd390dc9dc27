import { stringify } from 'yaml';
import type { Cluster } from '../cluster.ts';
import type { ApiAnswer } from '../kubernetes/api-request.ts';
import type { PodPlace } from '../kubernetes/kubernetes.ts';
import { redact, redactValue } from '../../engine/redaction.ts';
import type { Attachment } from '../../engine/run-record.ts';
import type { Involved } from '../../engine/involved.ts';

/** A whole collection may take so long: a run with many broken verdicts must still end. */
const collectionMs = 15_000;
const largestBytes = 48_000;
const mostAttachments = 12;
/** After so many the rest would say the same. */
const mostCollections = 40;
const mostPods = 8;
const mostEvents = 40;
const logLines = 120;

let collected = 0;

interface Part {
  readonly title: string;
  readonly mediaType: Attachment['mediaType'];
  readonly text: (signal: AbortSignal) => Promise<string>;
}

/**
 * What explains a verdict that is not good: events, pods, logs, policies, quotas, Services of what the check touched, and on
 * nodes the packet counters, routes and neighbours. Redacted, and cut to a limit. Never throws.
 */
export async function collectDiagnosis(cluster: Cluster, involved: Involved, signal: AbortSignal): Promise<Attachment[]> {
  collected += 1;
  if (collected > mostCollections)
    return [
      {
        title: 'diagnosis',
        mediaType: 'text/plain',
        text: `not collected: ${mostCollections} others of this run tell enough; rerun this one alone (conform verify --id)`,
      },
    ];
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(collectionMs)]);
  const pods = podsOf(cluster, involved.pods.slice(0, mostPods), bounded);
  const parts = [...namespaceParts(cluster, involved), ...podParts(cluster, pods), ...nodeParts(cluster, involved, pods)].slice(
    0,
    mostAttachments,
  );
  return Promise.all(parts.map((part) => attachmentOf(part, bounded)));
}

async function attachmentOf({ title, mediaType, text }: Part, signal: AbortSignal): Promise<Attachment> {
  try {
    const over = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('it took too long')), { once: true });
    });
    return { title, mediaType, text: shortened(redact(await Promise.race([text(signal), over]))) };
  } catch (error) {
    return { title, mediaType: 'text/plain', text: `could not be collected: ${redact(String(error)).slice(0, 500)}` };
  }
}

/** Beginning and end tell the most. */
export function shortened(text: string): string {
  if (text.length <= largestBytes) return text;
  const half = largestBytes / 2;
  return `${text.slice(0, half)}\n... ${text.length - largestBytes} characters are left out ...\n${text.slice(-half)}`;
}

function namespaceParts({ kubernetes }: Cluster, { namespaces }: Involved): Part[] {
  if (namespaces.length === 0) return [];
  const listed = (path: (namespace: string) => string) => async (signal: AbortSignal) => {
    const answers = await Promise.all(namespaces.map((namespace) => kubernetes.request({ method: 'GET', path: path(namespace) }, signal)));
    return stringify(answers.flatMap(({ body }) => ((body as { items?: unknown[] }).items ?? []).map(trimmed)));
  };
  return [
    {
      title: `events in ${namespaces.join(', ')}`,
      mediaType: 'text/plain',
      text: async (signal) => (await Promise.all(namespaces.map((namespace) => eventsOf({ kubernetes }, namespace, signal)))).join('\n'),
    },
    {
      title: 'network policies of the namespaces',
      mediaType: 'text/yaml',
      text: listed((namespace) => `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`),
    },
    { title: 'global network policies', mediaType: 'text/yaml', text: async (signal) => globalPolicies({ kubernetes }, signal) },
    {
      title: 'services of the namespaces',
      mediaType: 'text/yaml',
      text: listed((namespace) => `/api/v1/namespaces/${namespace}/services`),
    },
    {
      title: 'endpoints of the namespaces',
      mediaType: 'text/yaml',
      text: listed((namespace) => `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`),
    },
    {
      title: 'quotas of the namespaces',
      mediaType: 'text/yaml',
      text: listed((namespace) => `/api/v1/namespaces/${namespace}/resourcequotas`),
    },
  ];
}

async function eventsOf({ kubernetes }: Pick<Cluster, 'kubernetes'>, namespace: string, signal: AbortSignal): Promise<string> {
  const { body } = await kubernetes.request({ method: 'GET', path: `/api/v1/namespaces/${namespace}/events` }, signal);
  const items =
    (
      body as {
        items?: {
          lastTimestamp?: string;
          eventTime?: string;
          type?: string;
          reason?: string;
          message?: string;
          involvedObject?: { kind?: string; name?: string };
        }[];
      }
    ).items ?? [];
  const lines = items.map(
    (each) =>
      `${each.lastTimestamp ?? each.eventTime ?? '-'} ${each.type} ${each.reason} ${each.involvedObject?.kind}/${each.involvedObject?.name}: ${each.message}`,
  );
  return [`${namespace}:`, ...lines.toSorted().slice(-mostEvents)].join('\n');
}

async function globalPolicies({ kubernetes }: Pick<Cluster, 'kubernetes'>, signal: AbortSignal): Promise<string> {
  const kinds = ['globalnetworkpolicies', 'hostendpoints'];
  const answers = await Promise.all(
    kinds.map((kind) => kubernetes.request({ method: 'GET', path: `/apis/crd.projectcalico.org/v1/${kind}` }, signal)),
  );
  return stringify(answers.flatMap(({ body }) => ((body as { items?: unknown[] }).items ?? []).map(trimmed)));
}

/** Pods, and what the API says of them, which is asked for once, when the first part needs it. */
interface Pods {
  readonly places: readonly PodPlace[];
  answers(): Promise<readonly ApiAnswer[]>;
}

function podsOf({ kubernetes }: Pick<Cluster, 'kubernetes'>, places: readonly PodPlace[], signal: AbortSignal): Pods {
  let asked: Promise<readonly ApiAnswer[]> | undefined;
  const ask = ({ namespace, pod }: PodPlace): Promise<ApiAnswer> =>
    kubernetes.request({ method: 'GET', path: `/api/v1/namespaces/${namespace}/pods/${pod}` }, signal);
  return { places, answers: async () => (asked ??= Promise.all(places.map(ask))) };
}

function podParts(cluster: Cluster, { places, answers }: Pods): Part[] {
  if (places.length === 0) return [];
  return [
    {
      title: 'pods',
      mediaType: 'text/yaml',
      text: async () => stringify((await answers()).map((answer, index) => describedPod(answer, places[index]))),
    },
    {
      title: "ends of the pods' logs",
      mediaType: 'text/plain',
      text: async (signal) => (await Promise.all(places.map((place) => logOf(cluster, place, signal)))).join('\n'),
    },
  ];
}

function describedPod({ status, body, message }: ApiAnswer, place: PodPlace | undefined): unknown {
  return status === 200 ? trimmed(body) : { pod: `${place?.namespace}/${place?.pod}`, answer: status, message };
}

async function logOf({ kubernetes }: Cluster, { namespace, pod }: PodPlace, signal: AbortSignal): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?tailLines=${logLines}`;
  const [now, before] = await Promise.all([
    kubernetes.request({ method: 'GET', path }, signal),
    kubernetes.request({ method: 'GET', path: `${path}&previous=true` }, signal),
  ]);
  const previous = before.status === 200 ? `=== ${namespace}/${pod}, before its restart\n${String(before.body)}\n` : '';
  return `${previous}=== ${namespace}/${pod}\n${typeof now.body === 'string' ? now.body : now.message}`;
}

/** Packet counters of chains that drop or reject, routes and neighbours. */
const nodeScript = `echo '== dropping and rejecting rules with packets'; iptables-save -c 2>/dev/null | grep -E '^\\[[1-9].*(DROP|REJECT|MARK --set)' | head -n 120
echo '== routes'; ip route; echo '== neighbours'; ip neigh`;

function nodeParts(cluster: Cluster, { nodes }: Involved, pods: Pods): Part[] {
  const vantages = cluster.descriptor.vantages
    .filter(({ name, where }) => nodes.includes(name) && where !== 'outside')
    .map(({ name }) => name);
  const lan = cluster.descriptor.vantages.some(({ name }) => name === 'lan') ? ['lan'] : [];
  const named = [...new Set([...vantages, ...lan])].slice(0, 3);
  const onPodsNodes: Part[] =
    pods.places.length === 0
      ? []
      : [{ title: "packet counters on the pods' nodes", mediaType: 'text/plain', text: (signal) => countersOfPods(cluster, pods, signal) }];
  return [
    ...onPodsNodes,
    ...named.map((name): Part => ({
      title: `packet counters, routes and neighbours of ${name}`,
      mediaType: 'text/plain',
      text: (signal) => cluster.runAt(name, ['sh', '-c', nodeScript], signal),
    })),
  ];
}

async function countersOfPods(cluster: Cluster, { answers }: Pods, signal: AbortSignal): Promise<string> {
  const nodes = [...new Set((await answers()).map(({ body }) => (body as { spec?: { nodeName?: string } }).spec?.nodeName))].filter(
    (name) => name !== undefined,
  );
  const texts = await Promise.all(nodes.map(async (name) => `=== ${name}\n${await cluster.runAt(name, ['sh', '-c', nodeScript], signal)}`));
  return texts.join('\n');
}

/** An object without what only its server needs. */
function trimmed(object: unknown): unknown {
  const { metadata, ...rest } = object as { metadata?: Record<string, unknown> };
  const { managedFields: _, ...kept } = metadata ?? {};
  return redactValue({ metadata: kept, ...rest });
}
