import { randomBytes } from 'node:crypto';

import { attempt } from '../../../harness/engine/attempt.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { ApiAnswer } from '../../../harness/platform/kubernetes/api-request.ts';
import { type Kubernetes, readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { workerNames } from '../../fixtures/echo-group.ts';
import { platform } from '../../fixtures/groups.ts';
import { equal, lateWhenWaited } from '../../../harness/engine/measured.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { strangersAreDenied } from './anchors.ts';

const namespace = 'longhorn-system';
/** Longhorn's ports: manager's API, admission webhook (charts of 1.10.1). */
const managerPort = 9500;
/** What a volume takes in any state of a healthy Longhorn; without it, nothing comes of it. */
const volumeMs = 60_000;
/** Until a pod has its volume, which is made, attached and mounted before, on a machine that is busy. */
const mountedMs = 150_000;
/** Register, ADM-WORKS-LONGHORN-WEBHOOK: accepted in 5 s. */
const acceptedMs = 5000;

/** A volume from its claim to its second node, and new connections to the managers. */
export async function longhornWorks(context: CheckContext): Promise<void> {
  const { cluster, changes, observe, signal } = context;
  const managers = await runningPods(cluster.kubernetes, 'app=longhorn-manager');
  const [one, other] = workerNames(cluster);
  const [scratch, nonce] = [`conform-volume-${nonce()}`, randomBytes(8).toString('hex')];
  context.hint(
    async () =>
      'kubectl -n longhorn-system get volumes.longhorn.io,engines.longhorn.io,replicas.longhorn.io; kubectl get volumeattachments',
  );
  await dialManagers(context, managers);
  await changes.createFrom(`${import.meta.dirname}/works-claim.yaml`, { NAMESPACE: scratch });
  const written = await attempt(signal, async () => {
    await podWithVolume(context, scratch, one);
    return cluster.kubernetes.run(
      { namespace: scratch, pod: `on-${one}` },
      `echo ${nonce} >/data/nonce && sync && cat /data/nonce`,
      signal,
    );
  });
  observe(saw(`a nonce written to a new volume on ${one}`, nonce, written));
  // What comes after it would only say the same.
  if (written.kind === 'failed') return;
  const healthy = await attempt(signal, () => volumeCondition(context, scratch, ({ robustness }) => robustness === 'healthy'));
  observe(saw('the replicas of the volume, which are on all workers', 'attached healthy', healthy));
  const detached = await attempt(signal, async () => {
    await cluster.kubernetes.raw.delete(
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: `on-${one}`, namespace: scratch } },
      { gracePeriodSeconds: 1 },
      signal,
    );
    return volumeCondition(context, scratch, ({ state }) => state === 'detached');
  });
  observe({
    subject: 'the volume without its pod',
    vantage: 'Kubernetes API',
    expected: 'detached',
    saw: text(detached),
    held: text(detached).startsWith('detached'),
  });
  const read = await attempt(signal, async () => {
    await podWithVolume(context, scratch, other);
    return cluster.kubernetes.run({ namespace: scratch, pod: `on-${other}` }, 'cat /data/nonce', signal);
  });
  observe(saw(`the nonce, read on ${other}`, nonce, read));
}

/** New connections to the managers from pods under the same policies, on the same node and on another. */
async function dialManagers(context: CheckContext, managers: readonly Pod[]): Promise<void> {
  const group = (await platform()).find((each) => each.namespace === namespace);
  const [first] = managers;
  if (group === undefined || first === undefined) throw new Error(`there are no echo pods or no managers in ${namespace}`);
  await connections(context, [
    ...group.pods.flatMap(({ place }) =>
      managers.map(({ name, address }): Connection => ({
        role: 'observation',
        from: place,
        to: { kind: 'tcp', host: address, port: managerPort },
        name: `manager ${name}`,
        expect: 'reached',
      })),
    ),
    ...group.pods.map(({ place }): Connection => ({
      role: 'observation',
      from: place,
      to: { kind: 'http', url: `http://longhorn-backend:${managerPort}/v1` },
      name: "the managers' Service",
      expect: { status: 200 },
    })),
    ...(await strangersAreDenied(context, { namespace, pod: first.name, port: managerPort }, "a manager's API")),
  ]);
}

interface Pod {
  readonly name: string;
  readonly address: string;
}

async function runningPods(kubernetes: Kubernetes, labelSelector: string): Promise<Pod[]> {
  const { items } = await kubernetes.core.listNamespacedPod({ namespace, labelSelector });
  return items.flatMap(({ metadata, status }) =>
    status?.phase === 'Running' && status.podIP !== undefined ? [{ name: metadata?.name ?? '', address: status.podIP }] : [],
  );
}

async function podWithVolume({ cluster: { kubernetes }, changes, signal }: CheckContext, scratch: string, node = ''): Promise<void> {
  await changes.createFrom(`${import.meta.dirname}/works-volume-pod.yaml`, { NAMESPACE: scratch, NODE: node });
  await readyPods(kubernetes, { namespace: scratch, selector: `conform-node=${node}`, count: 1, timeoutMs: mountedMs }, signal);
}

interface VolumeStatus {
  readonly state?: string;
  readonly robustness?: string;
}

/** State and robustness of the claim's volume, once they are what is waited for (longhorn.io/v1beta2 Volume). */
async function volumeCondition(
  { cluster: { kubernetes }, signal }: CheckContext,
  scratch: string,
  isAwaited: (status: VolumeStatus) => boolean,
): Promise<string> {
  const { spec } = await kubernetes.core.readNamespacedPersistentVolumeClaim({ namespace: scratch, name: 'volume' });
  if (spec?.volumeName === undefined) throw new Error('the claim has no volume');
  const ref = { apiVersion: 'longhorn.io/v1beta2', kind: 'Volume', metadata: { name: spec.volumeName, namespace } };
  return until(`volume ${spec.volumeName}`, { timeoutMs: volumeMs, everyMs: 1000, signal }, async () => {
    const { status = {} } = ((await kubernetes.raw.read(ref, signal)) ?? {}) as { status?: VolumeStatus };
    const now = `${status.state ?? 'gone'} ${status.robustness ?? 'unknown'}`;
    return isAwaited(status) ? { done: now } : { notYet: now };
  });
}

type Tried = Awaited<ReturnType<typeof attempt<string>>>;

function text(tried: Tried): string {
  return tried.kind === 'done' ? tried.value.trim() : tried.text;
}

function saw(subject: string, expected: string, tried: Tried) {
  return { subject, vantage: 'Kubernetes API', expected, saw: text(tried), held: text(tried) === expected, ...lateWhenWaited(tried) };
}

/** A setting and its values (Longhorn 1.10: an integer from 0 to 100), for patches that are never carried out. */
const setting = { name: 'storage-minimal-available-percentage', invalid: 'conform' };

/** Every API server asks Longhorn's webhook over connections of its own. */
export async function webhookWorks(context: CheckContext): Promise<void> {
  const { cluster, changes, observe, control, signal } = context;
  const nonce = `conform-${randomBytes(4).toString('hex')}`;
  const { service, caBundle, failurePolicies } = await webhookClient(context);
  const controlPlanes = cluster.documented.nodes.filter(({ role }) => role === 'control-plane');
  context.hint(
    async () =>
      'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: which policy admits the control planes to port 9502 of longhorn-system?',
  );
  // A new configuration has connections of its own (k8s.io/apiserver, webhook.ClientManager): no API server uses an old one for it.
  await changes.createFrom(`${import.meta.dirname}/works-webhook.yaml`, { NAME: nonce, CA: caBundle, SERVICE: service });
  observe(equal("failure policies of Longhorn's own webhook", { expected: ['Fail'], saw: failurePolicies }));
  const current = await settingValue(cluster.kubernetes, signal);
  await Promise.all(
    controlPlanes.map(async ({ name, address }) => {
      const vantage = `API server on ${name}`;
      const kubernetes = cluster.kubernetes.at(address);
      const patched = (value: string): Promise<ApiAnswer> =>
        dryRun(kubernetes, { metadata: { labels: { 'conform-webhook': nonce } }, value }, signal);
      const inForce = await until(
        `the new configuration to be in force at ${name}`,
        { timeoutMs: 20_000, everyMs: 500, signal },
        async () => {
          const answer = await labelledConfigMap(kubernetes, nonce, signal);
          return answer.status >= 400 ? { done: answer } : { notYet: String(answer.status) };
        },
      );
      control({
        subject: `an object whose new webhook does not exist, at ${name}`,
        vantage,
        expected: 'refused for want of it',
        saw: answerText(inForce),
        held: inForce.message.includes(`failed calling webhook "absent.${nonce}.test"`),
      });
      const startedAt = Date.now();
      const valid = await patched(current);
      const afterMs = Date.now() - startedAt;
      observe({
        subject: `a valid setting, at ${name}`,
        vantage,
        expected: 'admitted within 5 s',
        saw: `${answerText(valid)} after ${(afterMs / 1000).toFixed(1)} s`,
        held: valid.status === 200 && afterMs <= acceptedMs,
      });
      const invalid = await patched(setting.invalid);
      observe({
        subject: `an invalid setting, at ${name}`,
        vantage,
        expected: 'refused by the webhook itself',
        saw: answerText(invalid),
        held: invalid.status >= 400 && invalid.message.includes('denied the request'),
      });
    }),
  );
}

function answerText({ status, message }: ApiAnswer): string {
  return `${status} ${message}`.trim();
}

interface ClientConfig {
  readonly service: string;
  readonly caBundle: string;
  /** Of all that it registers, each once. */
  readonly failurePolicies: readonly string[];
}

/** How the API servers are told to reach Longhorn's own webhook. */
async function webhookClient({ cluster: { kubernetes }, signal }: CheckContext): Promise<ClientConfig> {
  const ref = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'longhorn-webhook-validator' },
  };
  const found = (await kubernetes.raw.read(ref, signal)) as
    | { webhooks?: { clientConfig: { service?: object; caBundle?: string }; failurePolicy: string }[] }
    | undefined;
  const client = found?.webhooks?.[0]?.clientConfig;
  if (client?.service === undefined || client.caBundle === undefined) throw new Error('Longhorn has registered no validating webhook');
  return {
    service: JSON.stringify(client.service),
    caBundle: client.caBundle,
    failurePolicies: [...new Set(found?.webhooks?.map(({ failurePolicy }) => failurePolicy))],
  };
}

const settingRef = { apiVersion: 'longhorn.io/v1beta2', kind: 'Setting', metadata: { name: setting.name, namespace } };

async function settingValue(kubernetes: Kubernetes, signal: AbortSignal): Promise<string> {
  const found = (await kubernetes.raw.read(settingRef, signal)) as { value?: string } | undefined;
  if (found?.value === undefined) throw new Error(`Longhorn has no setting ${setting.name}`);
  return found.value;
}

/** Asks all webhooks, and changes nothing. */
async function dryRun(kubernetes: Kubernetes, body: object, signal: AbortSignal): Promise<ApiAnswer> {
  return kubernetes.request({ method: 'PATCH', path: `${await kubernetes.raw.path(settingRef, signal)}?dryRun=All`, body }, signal);
}

/** Of no matter to Longhorn: it tells when the API server has read the new configuration. */
async function labelledConfigMap(kubernetes: Kubernetes, nonce: string, signal: AbortSignal): Promise<ApiAnswer> {
  return kubernetes.request(
    {
      method: 'POST',
      path: '/api/v1/namespaces/default/configmaps?dryRun=All',
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: nonce, labels: { 'conform-no-webhook': nonce } } },
    },
    signal,
  );
}
