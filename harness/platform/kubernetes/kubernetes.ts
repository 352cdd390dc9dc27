import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import {
  ApiException,
  AppsV1Api,
  BatchV1Api,
  CoordinationV1Api,
  CoreV1Api,
  DiscoveryV1Api,
  Exec,
  KubeConfig,
  KubernetesObjectApi,
  NetworkingV1Api,
  RbacAuthorizationV1Api,
  StorageV1Api,
  type User,
  type V1Node,
  type V1Pod,
} from '@kubernetes/client-node';
import { until } from '../../engine/waiting.ts';
import type { PodPlace } from '../../probe/vantages.ts';
import { type ApiAnswer, type ApiRequest, sendRequest } from './api-request.ts';
import { type HttpAnswer, type HttpRequest, type PodPort, askPod } from './port-forward.ts';
import { type RawObjects, rawObjects } from './raw-objects.ts';
import { type OpenShell, scriptDeadlineMs } from './shells.ts';
import { connected } from './web-socket.ts';

export type { PodPlace } from '../../probe/vantages.ts';

/** The cluster's API as the suites use it. */
export interface Kubernetes {
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
  readonly discovery: DiscoveryV1Api;
  readonly storage: StorageV1Api;
  readonly batch: BatchV1Api;
  readonly networking: NetworkingV1Api;
  readonly rbac: RbacAuthorizationV1Api;
  readonly coordination: CoordinationV1Api;
  readonly objects: KubernetesObjectApi;
  /** Objects as they are written: for everything that is made or changed. */
  readonly raw: RawObjects;
  /** A shell in a pod, for one script after another. */
  shellIn(place: PodPlace): OpenShell;
  /** Standard output of a shell script in a pod, by a command of its own; throws when it could not be run or did not end before the deadline. */
  run(place: PodPlace, script: string, signal: AbortSignal): Promise<string>;
  /** The same with a terminal, as somebody who sits before it has; standard error is part of the output then. */
  runInTerminal(place: PodPlace, script: string, signal: AbortSignal): Promise<string>;
  /** One request whose answer, refusals included, is a value; throws when there is no answer. */
  request(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer>;
  /** One HTTP request to a pod, as by `kubectl port-forward`: past policies and load balancers. Throws when there is no answer. */
  ask(pod: PodPort, request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  /** The same API as the bearer of a token. */
  as(token: string): Kubernetes;
  /** The same API with a client certificate, PEM. */
  withCertificate(credential: { readonly certificate: string; readonly key: string }): Kubernetes;
  /** The same API, at one API server's own address. */
  at(address: string): Kubernetes;
}

export function connectKubernetes(kubeconfig: string): Kubernetes {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  return clientsOf(config);
}

function clientsOf(config: KubeConfig): Kubernetes {
  const exec = new Exec(config);
  return {
    core: config.makeApiClient(CoreV1Api),
    apps: config.makeApiClient(AppsV1Api),
    discovery: config.makeApiClient(DiscoveryV1Api),
    storage: config.makeApiClient(StorageV1Api),
    batch: config.makeApiClient(BatchV1Api),
    networking: config.makeApiClient(NetworkingV1Api),
    rbac: config.makeApiClient(RbacAuthorizationV1Api),
    coordination: config.makeApiClient(CoordinationV1Api),
    objects: KubernetesObjectApi.makeApiClient(config),
    raw: rawObjects((request, signal) => sendRequest(config, request, signal)),
    shellIn: (place) => shellIn(exec, place),
    run: (place, script, signal) => runInPod(exec, place, { script, signal, terminal: false }),
    runInTerminal: (place, script, signal) => runInPod(exec, place, { script, signal, terminal: true }),
    request: (request, signal) => sendRequest(config, request, signal),
    as: (token) => clientsOf(otherCaller(config, { name: 'bearer', token })),
    withCertificate: ({ certificate, key }) =>
      clientsOf(otherCaller(config, { name: 'certificate', certData: base64(certificate), keyData: base64(key) })),
    ask: (pod, request, signal) => askPod(config, pod, request, signal),
    at: (address) => clientsOf(serverOf(config, address)),
  };
}

/** The same server for another identity; the admin's certificate must not be shown along with a token. */
function otherCaller(config: KubeConfig, user: User): KubeConfig {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error('the kubeconfig has no current cluster');
  const other = new KubeConfig();
  other.loadFromClusterAndUser(cluster, user);
  return other;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function serverOf(config: KubeConfig, address: string): KubeConfig {
  const [cluster, user] = [config.getCurrentCluster(), config.getCurrentUser()];
  if (cluster === null || user === null) throw new Error('the kubeconfig has no current cluster or user');
  const url = new URL(cluster.server);
  url.hostname = address;
  const one = new KubeConfig();
  one.loadFromClusterAndUser({ ...cluster, server: url.origin }, user);
  return one;
}

function shellIn(exec: Exec, { namespace, pod }: PodPlace): OpenShell {
  return async ({ input, output, errors, ended }) => {
    const socket = await connected(`exec in ${namespace}/${pod}`, exec.exec(namespace, pod, '', ['sh'], output, errors, input, false));
    socket.onclose = ended;
    socket.onerror = ended;
    return socket;
  };
}

/**
 * The end is told by a marker in the output: the client resolves when it is connected, and its status callback may never
 * come (kubernetes-client/javascript).
 */
async function runInPod(
  exec: Exec,
  place: PodPlace,
  { script, signal, terminal }: { script: string; signal: AbortSignal; terminal: boolean },
): Promise<string> {
  const end = `end-${randomBytes(8).toString('hex')}`;
  const output = new Collected(end);
  const errors = new Collected(end);
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(scriptDeadlineMs)]);
  const command = ['sh', '-c', `${script}\necho ${end}`];
  const socket = await connected(
    `exec in ${place.namespace}/${place.pod}`,
    exec.exec(place.namespace, place.pod, '', command, output, errors, null, terminal),
  );
  try {
    await new Promise<void>((resolve, reject) => {
      output.ended.then(resolve, reject);
      socket.onclose = () => resolve();
      socket.onerror = (event: { message?: string }) =>
        reject(new Error(`exec in ${place.namespace}/${place.pod}: ${String(event.message)}`));
      deadline.addEventListener(
        'abort',
        () => reject(new Error(`exec in ${place.namespace}/${place.pod} did not end within ${scriptDeadlineMs / 1000} s`)),
        { once: true },
      );
    });
  } finally {
    socket.close();
  }
  if (!output.text.includes(end)) throw new Error(`exec in ${place.namespace}/${place.pod} was cut off: ${errors.text || output.text}`);
  return output.text.slice(0, output.text.indexOf(end));
}

/** Collects a stream's text, and tells when the marker has come. */
class Collected extends Writable {
  text = '';
  readonly ended: Promise<void>;
  readonly #marker: string;
  #end: () => void = () => undefined;

  constructor(marker: string) {
    super();
    this.#marker = marker;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    if (this.text.includes(this.#marker)) this.#end();
    done();
  }
}

/** Waits until every pod that the selector matches is Ready, for a minute unless told, and returns them. Throws a WaitTimeout. */
export async function readyPods(
  kubernetes: Kubernetes,
  query: { namespace: string; selector: string; count: number; timeoutMs?: number },
  signal: AbortSignal,
): Promise<V1Pod[]> {
  const what = `${query.count} pods ${query.selector} in ${query.namespace} to be Ready`;
  return until(what, { timeoutMs: query.timeoutMs ?? 60_000, everyMs: 500, signal }, async () => {
    const { items } = await kubernetes.core.listNamespacedPod({ namespace: query.namespace, labelSelector: query.selector });
    const ready = items.filter(isReady);
    if (ready.length === query.count && items.length === query.count) return { done: ready };
    return {
      notYet: `${ready.length} Ready of ${items.length}: ${items.map((pod) => `${pod.metadata?.name} ${pod.status?.phase}`).join(', ')}`,
    };
  });
}

/** Whether the condition Ready of a pod or a node is `True`. */
export function isReady({ status }: Pick<V1Pod, 'status'> | Pick<V1Node, 'status'>): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}

/** An API server's refusal in one line; undefined for any other error. */
export function refusalText(error: unknown): string | undefined {
  if (!(error instanceof ApiException)) return undefined;
  const body: unknown = typeof error.body === 'string' ? JSON.parse(error.body) : error.body;
  const message = (body as { message?: string } | null)?.message;
  return `the API answered ${error.code}${message === undefined ? '' : `: ${message}`}`;
}

/** Whether the API answered that there is no such object. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiException && error.code === 404;
}
