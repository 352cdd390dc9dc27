import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import type { Cluster } from '../cluster.ts';
import { isNotFound, type KubeObject } from '../kubernetes.ts';
import { activeFaults } from '../tuning.ts';
import { webhookCredentials } from './certificate.ts';
import { Refusal } from './refusal.ts';
import { allRules, type Operation, type Rules } from './rules.ts';

const webhookPort = 9502;
const serviceName = 'longhorn-admission-webhook';

interface ReviewRequest {
  readonly uid: string;
  readonly operation: Operation;
  readonly resource: { readonly resource: string };
  readonly object: KubeObject | null;
  readonly oldObject: KubeObject | null;
}

interface ReviewResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: unknown;
  readonly patchType?: 'JSONPatch';
  readonly patch?: string;
}

/** Serves the admission webhook on port 9502; answers the certificate authority that its certificate is of. */
export async function serveWebhook(cluster: Cluster): Promise<string> {
  const { ca, server } = await webhookCredentials(cluster);
  createServer({ cert: server.certificate, key: server.key }, (request, response) => {
    void answer(cluster, request, response);
  }).listen(webhookPort, '0.0.0.0');
  return ca;
}

/** Registers the webhook with Kubernetes, as its managers do it themselves. */
export async function registerWebhook(cluster: Cluster, ca: string): Promise<void> {
  const configurations = [
    configuration(cluster, {
      kind: 'ValidatingWebhookConfiguration',
      name: 'longhorn-webhook-validator',
      webhook: 'validator.longhorn.io',
      path: 'validation',
      operations: (rules) => rules.validated,
      ca,
    }),
    configuration(cluster, {
      kind: 'MutatingWebhookConfiguration',
      name: 'longhorn-webhook-mutator',
      webhook: 'mutator.longhorn.io',
      path: 'mutation',
      operations: (rules) => rules.mutated,
      ca,
    }),
  ];
  for (const { path, object } of configurations) await keep(cluster, path, object);
}

/** What the webhook answers to one review. */
function review(cluster: Cluster, request: ReviewRequest, mutates: boolean): ReviewResponse {
  const { uid } = request;
  const rules = allRules.find((candidate) => candidate.plural === request.resource.resource);
  const after = request.operation === 'DELETE' ? undefined : (request.object ?? undefined);
  const before = request.operation === 'CREATE' ? undefined : (request.oldObject ?? undefined);
  if (rules === undefined || (!mutates && activeFaults(cluster.configMaps).has('webhook-admits-all'))) return { uid, allowed: true };
  try {
    if (!mutates) rules.admit(cluster, after, before);
    else if (after !== undefined && rules.complete !== undefined) return completed(uid, after, rules.complete(cluster, after, before));
    return { uid, allowed: true };
  } catch (error) {
    if (error instanceof Refusal) return refused(uid, error);
    throw error;
  }
}

function completed(uid: string, given: KubeObject, complete: KubeObject): ReviewResponse {
  const patch = patchOf(given, complete);
  if (patch.length === 0) return { uid, allowed: true };
  return { uid, allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
}

function refused(uid: string, refusal: Refusal): ReviewResponse {
  const { code, field, message, reason } = refusal;
  const details = code === 422 ? { causes: [{ reason: 'FieldValueInvalid', message, field }] } : undefined;
  return { uid, allowed: false, status: { status: 'Failure', message, reason, code, ...(details && { details }) } };
}

async function answer(cluster: Cluster, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    if (request.url?.startsWith('/v1/healthz') === true) {
      response.writeHead(200).end();
      return;
    }
    request.setEncoding('utf8');
    let text = '';
    for await (const part of request) text += part as string;
    const { request: asked } = JSON.parse(text) as { request: ReviewRequest };
    const result = review(cluster, asked, request.url?.startsWith('/v1/webhook/mutation') === true);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: result }));
  } catch (error) {
    process.stderr.write(`longhorn-manager: webhook: ${String(error)}\n`);
    response.writeHead(500).end(String(error));
  }
}

interface PatchOperation {
  readonly op: 'add';
  readonly path: string;
  readonly value: unknown;
}

/** Additions (RFC 6902) that make the second of the first; `add` also replaces. */
function patchOf(before: KubeObject, after: KubeObject): PatchOperation[] {
  const [old, next] = [before, after] as unknown as Record<string, unknown>[];
  const top = Object.entries(next ?? {}).filter(([key]) => key !== 'metadata' && key !== 'spec' && key !== 'status');
  const changed = top.filter(([key, value]) => !isDeepStrictEqual(old?.[key], value)).map(([key, value]) => addition(`/${key}`, value));
  const parts = (['metadata', 'spec'] as const).flatMap((part) => {
    const [was, is] = [old?.[part], next?.[part]] as (Record<string, unknown> | undefined)[];
    if (is === undefined) return [];
    if (was === undefined) return [addition(`/${part}`, is)];
    return Object.entries(is)
      .filter(([key, value]) => !isDeepStrictEqual(was[key], value))
      .map(([key, value]) => addition(`/${part}/${key}`, value));
  });
  return [...changed, ...parts];
}

function addition(path: string, value: unknown): PatchOperation {
  return { op: 'add', path, value };
}

interface Registration {
  readonly kind: string;
  readonly name: string;
  readonly webhook: string;
  readonly path: string;
  readonly operations: (rules: Rules) => readonly Operation[];
  readonly ca: string;
}

function configuration(cluster: Cluster, registration: Registration): { path: string; object: KubeObject } {
  const { ca, kind, name, operations, path, webhook } = registration;
  const rules = allRules
    .filter((candidate) => operations(candidate).length > 0)
    .map((candidate) => ({
      apiGroups: ['longhorn.io'],
      apiVersions: ['v1beta2'],
      operations: operations(candidate),
      resources: [candidate.plural],
      scope: 'Namespaced',
    }));
  const clientConfig = {
    service: { namespace: cluster.place.namespace, name: serviceName, path: `/v1/webhook/${path}`, port: webhookPort },
    caBundle: Buffer.from(ca).toString('base64'),
  };
  const webhooks = [
    {
      name: webhook,
      clientConfig,
      rules,
      failurePolicy: 'Fail',
      matchPolicy: 'Exact',
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
    },
  ];
  const object = { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name }, webhooks } as KubeObject;
  return { path: `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}s`, object };
}

async function keep(cluster: Cluster, path: string, object: KubeObject): Promise<void> {
  const at = `${path}/${object.metadata.name}`;
  try {
    const known = await cluster.client.get<KubeObject>(at);
    await cluster.client.replace(at, {
      ...object,
      metadata: {
        ...object.metadata,
        ...(known.metadata.resourceVersion !== undefined && { resourceVersion: known.metadata.resourceVersion }),
      },
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await cluster.client.create(path, object);
  }
}
