import { promised } from '../../../guide/limits.ts';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { lateIf } from '../../../harness/engine/measured.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { type Destination, reach } from '../../../harness/probe/claims.ts';
import { workerNames } from '../../fixtures/echo-group.ts';
import { type InTime, inTime } from '../../fixtures/in-time.ts';
import { type Askers, askersIn, sourcesOf, strangersAreDenied } from './anchors.ts';

const namespace = 'longhorn-system';
/** The manager's API (chart 1.10.1). */
const managerPort = 9500;
const { volumeStateMs } = promised.adminAccess;
/** A pod waits for its volume, which is made, attached and mounted before: two states of it, and its own start. */
const mountedMs = 2.5 * volumeStateMs;

/** A volume from its claim to its second node, and new connections to the managers. */
export async function longhornWorks(context: CheckContext, askers: Askers): Promise<void> {
  const { hint } = context;
  hint(
    async () =>
      'kubectl -n longhorn-system get volumes.longhorn.io,engines.longhorn.io,replicas.longhorn.io; kubectl get volumeattachments',
  );
  await dialManagers(context, askers);
  await volumeMoves(context);
}

/** New connections to the managers from pods under the same policies, on the same node and on another. */
async function dialManagers(context: CheckContext, askers: Askers): Promise<void> {
  const own = sourcesOf(askersIn(askers, namespace), namespace);
  const managers = await managerPods(context);
  const [first] = managers;
  if (first === undefined) throw new Error(`no manager runs in ${namespace}`);
  const service: Destination = {
    name: "the managers' Service",
    target: { kind: 'http', url: `http://longhorn-backend:${managerPort}/v1` },
  };
  const unlike: Destination = {
    name: "a port of the managers' Service that it does not have",
    target: { kind: 'tcp', host: 'longhorn-backend', port: managerPort + 1 },
  };
  await context.connect([
    reach({ from: own, to: managers }),
    reach({ from: own, to: service, status: 200, unlike }),
    strangersAreDenied(context, askers, first),
  ]);
}

async function managerPods({ cluster }: CheckContext): Promise<Destination[]> {
  const { items } = await cluster.kubernetes.core.listNamespacedPod({ namespace, labelSelector: 'app=longhorn-manager' });
  return items.flatMap(({ spec, status }): Destination[] =>
    status?.phase === 'Running' && status.podIP !== undefined
      ? [{ name: `the manager on ${spec?.nodeName}`, target: { kind: 'tcp', host: status.podIP, port: managerPort } }]
      : [],
  );
}

/** Written on one worker, whole on all of them, detached, and read on another worker. */
async function volumeMoves(context: CheckContext): Promise<void> {
  const { cluster, changes, observe, signal } = context;
  const [one = '', other = ''] = workerNames(cluster);
  const [scratch, text] = [`conform-volume-${nonce()}`, nonce()];
  await changes.createFrom(`${import.meta.dirname}/works-claim.yaml`, { NAMESPACE: scratch });
  const written = await inTime(() =>
    inPodWithVolume(context, { scratch, node: one }, `echo ${text} >/data/nonce && sync && cat /data/nonce`),
  );
  observe(came(`a nonce written to a new volume on ${one}`, text, written));
  // What comes after it would only say the same.
  if (written.kind === 'late') return;
  const healthy = await inTime(() => volumeState(context, scratch, ({ robustness }) => robustness === 'healthy'));
  observe(came('the replicas of the volume, which are on all workers', 'attached healthy', healthy));
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: `on-${one}`, namespace: scratch } };
  await cluster.kubernetes.raw.delete(pod, { gracePeriodSeconds: 1 }, signal);
  const detached = await inTime(() => volumeState(context, scratch, ({ state }) => state === 'detached'));
  observe({ ...came('the volume without its pod', 'detached', detached), held: detached.kind === 'done' });
  const read = await inTime(() => inPodWithVolume(context, { scratch, node: other }, 'cat /data/nonce'));
  observe(came(`the nonce, read on ${other}`, text, read));
}

/** Runs a program in a pod that has the volume, once it does. */
async function inPodWithVolume(
  { cluster: { kubernetes }, changes, signal }: CheckContext,
  { scratch, node }: { readonly scratch: string; readonly node: string },
  program: string,
): Promise<string> {
  await changes.createFrom(`${import.meta.dirname}/works-volume-pod.yaml`, { NAMESPACE: scratch, NODE: node });
  await readyPods(kubernetes, { namespace: scratch, selector: `conform-node=${node}`, count: 1, timeoutMs: mountedMs }, signal);
  return (await kubernetes.run({ namespace: scratch, pod: `on-${node}` }, program, signal)).trim();
}

interface VolumeStatus {
  readonly state?: string;
  readonly robustness?: string;
}

/** State and robustness of the claim's volume, once they are what is waited for (longhorn.io/v1beta2 Volume). */
async function volumeState(
  { cluster: { kubernetes }, signal }: CheckContext,
  scratch: string,
  isAwaited: (status: VolumeStatus) => boolean,
): Promise<string> {
  const { spec } = await kubernetes.core.readNamespacedPersistentVolumeClaim({ namespace: scratch, name: 'volume' });
  if (spec?.volumeName === undefined) throw new Error('the claim has no volume');
  const ref = { apiVersion: 'longhorn.io/v1beta2', kind: 'Volume', metadata: { name: spec.volumeName, namespace } };
  return until('the state of the volume', { timeoutMs: volumeStateMs, everyMs: 1000, signal }, async () => {
    const { status = {} } = ((await kubernetes.raw.read(ref, signal)) ?? {}) as { status?: VolumeStatus };
    const now = `${status.state ?? 'gone'} ${status.robustness ?? 'unknown'}`;
    return isAwaited(status) ? { done: now } : { notYet: now };
  });
}

function came(subject: string, expected: string, result: InTime<string>): Measured {
  const saw = result.kind === 'done' ? result.value : result.text;
  return { subject, vantage: 'Kubernetes API', expected, saw, held: saw === expected, ...lateIf(result.kind === 'late') };
}
