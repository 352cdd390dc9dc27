import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { platform } from '../../fixtures/groups.ts';
import { lateIf } from '../../../harness/engine/measured.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { outcomeText } from '../../../harness/probe/probe.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { strangersAreDenied } from './anchors.ts';
import { newApp, withCanine } from '../canine/canine.ts';
import { does, inOrder, lists } from '../canine/in-order.ts';

const namespace = 'canine';
/** The parts of the guide's values (Canine, Step 4) that listen: PostgreSQL, BuildKit (its port for builds), the web process. */
const parts = [
  { name: 'the database', selector: 'app.kubernetes.io/name=postgresql', port: 5432 },
  { name: 'BuildKit', selector: 'app.kubernetes.io/name=buildkit', port: 1234 },
  { name: 'the web process', selector: 'app.kubernetes.io/name=canine,app.kubernetes.io/component=web', port: 3000 },
];
/** A job of the worker queue begins at once; its objects are there in seconds. */
const jobMs = 60_000;

/** Canine's parts, the API server and its worker queue, over new connections. */
export async function canineWorks(context: CheckContext): Promise<void> {
  const { cluster, control, observe, signal } = context;
  const [pods, groups] = await Promise.all([podsOf(cluster), platform()]);
  const own = groups.find((group) => group.namespace === namespace);
  // The database, where it runs.
  const [closed] = pods;
  if (own === undefined || closed === undefined) throw new Error(`there are no echo pods, or nothing of Canine runs, in ${namespace}`);
  context.hint(async () => 'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: which policy admits namespace canine to itself?');
  // A pod that listens on nothing refuses by itself: its answer shows as well that no policy is in between.
  await Promise.all(
    own.pods.map(async ({ place }) => {
      const outcomes = await cluster.probe(
        place,
        pods.map(({ address, port }) => ({ kind: 'tcp', host: address, port })),
        signal,
      );
      for (const [index, { part, pod, port }] of pods.entries()) {
        const outcome = outcomes[index];
        const saw = outcome === undefined ? 'no outcome' : outcomeText(outcome);
        observe({
          subject: `${cluster.placeText(place)} -> ${part}, ${pod}:${port}`,
          vantage: cluster.placeText(place),
          expected: "the pod's own answer: a connection, or a refusal where nothing listens",
          saw,
          held: outcome?.kind === 'connected' || outcome?.kind === 'refused',
          ...lateIf(outcome?.kind === 'timeout'),
          raw: outcome,
        });
      }
    }),
  );
  const { apiServiceAddress: host, services } = cluster.documented;
  await connections(context, [
    ...own.pods.map(({ place }): Connection => ({
      role: 'observation',
      from: place,
      to: { kind: 'tcp', host, port: 443 },
      name: 'the Kubernetes API',
      expect: 'reached',
    })),
    {
      role: 'observation',
      from: { host: 'admin' },
      to: { kind: 'http', url: `http://${services.canine.hostname}/up` },
      name: 'the dashboard',
      expect: { status: 200 },
    },
    ...(await strangersAreDenied(context, { namespace, pod: closed.pod, port: closed.port }, closed.part)),
  ]);
  // BuildKit may be missing: the real Canine has it in a namespace of its own, and its claim may find no room (E27).
  const running = [...new Set(pods.map(({ part }) => part))];
  control({
    subject: 'parts of Canine that run here',
    vantage: 'Kubernetes API',
    expected: 'the database and the web process among them',
    saw: running.join(', '),
    held: ['the database', 'the web process'].every((part) => running.includes(part)),
  });
  await withCanine(context, async (canine) => {
    const planned = newApp();
    const app = canine.app(planned);
    await inOrder(context, [
      does('an application is written', () => app.create()),
      lists('it, read back', planned.name, async () => (await canine.listApps()).map(({ name }) => name)),
      does('a deployment is put into the queue', () => app.deploy()),
      {
        subject: 'what the worker made of it at the Kubernetes API',
        expected: `Deployment ${planned.name}-web`,
        see: () => deploymentIn(cluster, planned.name, signal),
        awaited: true,
      },
    ]);
  });
}

interface Part {
  readonly part: string;
  readonly pod: string;
  readonly address: string;
  readonly port: number;
}

async function podsOf({ kubernetes }: Cluster): Promise<Part[]> {
  const found = await Promise.all(
    parts.map(async ({ name, selector, port }) => {
      const { items } = await kubernetes.core.listNamespacedPod({ namespace, labelSelector: selector });
      return items.flatMap(({ metadata, status }): Part[] =>
        status?.podIP === undefined ? [] : [{ part: name, pod: metadata?.name ?? '', address: status.podIP, port }],
      );
    }),
  );
  return found.flat();
}

async function deploymentIn({ kubernetes }: Cluster, scratch: string, signal: AbortSignal): Promise<string> {
  return until(`a Deployment in ${scratch}`, { timeoutMs: jobMs, everyMs: 500, signal }, async () => {
    const { items } = await kubernetes.apps.listNamespacedDeployment({ namespace: scratch });
    const [first] = items;
    return first === undefined ? { notYet: 'none' } : { done: `Deployment ${first.metadata?.name}` };
  });
}
