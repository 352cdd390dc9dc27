import { promised } from '../../../guide/limits.ts';
import { equal, lateIf } from '../../../harness/engine/measured.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { ApiAnswer } from '../../../harness/platform/kubernetes/api-request.ts';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { controlPlanes } from '../documented-nodes.ts';

const namespace = 'longhorn-system';
/** A setting and its values (Longhorn 1.10: an integer from 0 to 100), for patches that are never carried out. */
const setting = { name: 'storage-minimal-available-percentage', invalid: 'conform' };
const { webhookAdmitsMs } = promised.adminAccess;

/** Every API server asks Longhorn's webhook over connections of its own. */
export async function webhookWorks(context: CheckContext): Promise<void> {
  const { cluster, changes, hint, observe, signal } = context;
  const scratch = `conform-${nonce()}`;
  const { service, caBundle, failurePolicies } = await webhookClient(context);
  hint(
    async () =>
      'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: which policy admits the control planes to port 9502 of longhorn-system?',
  );
  // A new configuration has connections of its own (k8s.io/apiserver, webhook.ClientManager): no API server uses an old one for it.
  await changes.createFrom(`${import.meta.dirname}/works-webhook.yaml`, { NAME: scratch, CA: caBundle, SERVICE: service });
  observe(equal("failure policies of Longhorn's own webhook", { expected: ['Fail'], saw: failurePolicies }));
  const current = await settingValue(cluster.kubernetes, signal);
  await Promise.all(controlPlanes(cluster).map((node) => worksAt(context, node, { scratch, current })));
}

interface Tried {
  /** The name of the scratch configuration, and the value of the label by which it applies. */
  readonly scratch: string;
  /** The setting's value. */
  readonly current: string;
}

/** One API server: a webhook that does not exist is asked for in vain, then Longhorn's own admits one value and refuses another. */
async function worksAt(
  { cluster, control, observe, signal }: CheckContext,
  { name, address }: { readonly name: string; readonly address: string },
  { scratch, current }: Tried,
): Promise<void> {
  const vantage = `API server on ${name}`;
  const kubernetes = cluster.kubernetes.at(address);
  const patched = async (value: string): Promise<ApiAnswer> =>
    dryRun(kubernetes, { metadata: { labels: { 'conform-webhook': scratch } }, value }, signal);
  const inForce = await until(`the new configuration at ${name}`, { timeoutMs: patience('effect'), everyMs: 500, signal }, async () => {
    const answer = await labelledConfigMap(kubernetes, scratch, signal);
    return answer.status >= 400 ? { done: answer } : { notYet: String(answer.status) };
  });
  control({
    subject: `an object whose new webhook does not exist, at ${name}`,
    vantage,
    expected: 'refused for want of it',
    saw: answerText(inForce),
    held: inForce.message.includes(`failed calling webhook "absent.${scratch}.test"`),
  });
  const startedAt = Date.now();
  const valid = await patched(current);
  const afterMs = Date.now() - startedAt;
  observe({
    subject: `a valid setting, at ${name}`,
    vantage,
    expected: `admitted within ${webhookAdmitsMs / 1000} s`,
    saw: `${answerText(valid)} after ${(afterMs / 1000).toFixed(1)} s`,
    held: valid.status === 200 && afterMs <= webhookAdmitsMs,
    ...lateIf(afterMs > webhookAdmitsMs),
  });
  const invalid = await patched(setting.invalid);
  observe({
    subject: `an invalid setting, at ${name}`,
    vantage,
    expected: 'refused by the webhook itself',
    saw: answerText(invalid),
    held: invalid.status >= 400 && invalid.message.includes('denied the request'),
    // As the API server says that the webhook has not answered in time (Go: context.DeadlineExceeded).
    ...lateIf(invalid.message.includes('context deadline exceeded')),
  });
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
async function labelledConfigMap(kubernetes: Kubernetes, name: string, signal: AbortSignal): Promise<ApiAnswer> {
  return kubernetes.request(
    {
      method: 'POST',
      path: '/api/v1/namespaces/default/configmaps?dryRun=All',
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { 'conform-no-webhook': name } } },
    },
    signal,
  );
}
