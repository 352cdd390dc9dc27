import { promised } from '../../../guide/limits.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { type Destination, reach } from '../../../harness/probe/claims.ts';
import { newApp, withCanine } from '../canine/canine.ts';
import { does, inOrder, lists } from '../canine/in-order.ts';
import { workstation } from '../vantages.ts';
import { type Askers, askersIn, sourcesOf, strangersAreDenied } from './anchors.ts';

const namespace = 'canine';
/** The parts of the guide's values (Canine, Step 4) that listen: PostgreSQL, BuildKit (its port for builds), the web process. */
const parts = [
  { name: 'the database', selector: 'app.kubernetes.io/name=postgresql', port: 5432 },
  { name: 'BuildKit', selector: 'app.kubernetes.io/name=buildkit', port: 1234 },
  { name: 'the web process', selector: 'app.kubernetes.io/name=canine,app.kubernetes.io/component=web', port: 3000 },
];

/** Canine's parts, the API server and its worker queue, over new connections. */
export async function canineWorks(context: CheckContext, askers: Askers): Promise<void> {
  const { cluster, connect, control, hint } = context;
  const own = sourcesOf(askersIn(askers, namespace), namespace);
  const found = await partsOf(cluster);
  // The database, where it runs.
  const [closed] = found;
  if (closed === undefined) throw new Error(`nothing of Canine runs in ${namespace}`);
  hint(async () => 'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: which policy admits namespace canine to itself?');
  const { apiServiceAddress: host, services } = cluster.documented;
  await connect([
    reach({ from: own, to: found.map(({ to }) => to) }),
    reach({ from: own, to: { name: 'the Kubernetes API', target: { kind: 'tcp', host, port: 443 } } }),
    reach({
      from: workstation,
      to: { name: 'the dashboard', target: { kind: 'http', url: `http://${services.canine.hostname}/up` } },
      status: 200,
    }),
    strangersAreDenied(context, askers, closed.to),
  ]);
  // BuildKit may be missing: the real Canine has it in a namespace of its own, and its claim may find no room (E27).
  const running = [...new Set(found.map(({ part }) => part))];
  control({
    subject: 'parts of Canine that run here',
    vantage: 'Kubernetes API',
    expected: 'the database and the web process among them',
    saw: running.join(', '),
    held: ['the database', 'the web process'].every((part) => running.includes(part)),
  });
  await queueWorks(context);
}

/** What is written is read back, and the worker queue carries a deployment out. */
async function queueWorks(context: CheckContext): Promise<void> {
  await withCanine(context, async (canine) => {
    const planned = newApp();
    const app = canine.app(planned);
    await inOrder(context, [
      does('an application is written', () => app.create()),
      lists('it, read back', planned.name, async () => (await canine.listApps()).map(({ name }) => name)),
      does('a deployment is put into the queue', () => app.deploy()),
      {
        subject: 'the object that the worker made of it at the Kubernetes API',
        expected: `Deployment ${planned.name}-web`,
        see: () => deploymentIn(context, planned.name),
        awaited: true,
      },
    ]);
  });
}

interface Part {
  readonly part: string;
  readonly to: Destination;
}

/** A pod that listens on nothing refuses by itself: its answer shows as well that no policy is in between. */
async function partsOf({ kubernetes }: Cluster): Promise<Part[]> {
  const found = await Promise.all(
    parts.map(async ({ name, selector, port }) => {
      const { items } = await kubernetes.core.listNamespacedPod({ namespace, labelSelector: selector });
      return items.flatMap(({ spec, status }): Part[] => {
        if (status?.podIP === undefined) return [];
        const target = { kind: 'tcp', host: status.podIP, port, listens: false } as const;
        return [{ part: name, to: { name: `${name} on ${spec?.nodeName}`, target } }];
      });
    }),
  );
  return found.flat();
}

async function deploymentIn({ cluster: { kubernetes }, signal }: CheckContext, scratch: string): Promise<string> {
  const options = { timeoutMs: promised.adminAccess.queuedJobMs, everyMs: 500, signal };
  return until(`a Deployment in ${scratch}`, options, async () => {
    const { items } = await kubernetes.apps.listNamespacedDeployment({ namespace: scratch });
    const [first] = items;
    return first === undefined ? { notYet: 'none' } : { done: `Deployment ${first.metadata?.name}` };
  });
}
