import { KubeConfig, type User, type V1Node, type V1Pod } from '@kubernetes/client-node';
import type { PodPlace } from '../../engine/involved.ts';
import { patience } from '../../engine/patience.ts';
import { until } from '../../engine/waiting.ts';
import { type Access, type AccessOptions, ApiAccess } from './access.ts';
import { type ApiAnswer, type ApiRequest, sendRequest } from './api-request.ts';
import { Caller } from './caller.ts';
import type { Exchange } from './exchange.ts';
import { runInPod, shellIn } from './pod-exec.ts';
import { type HttpAnswer, type HttpRequest, type PodConnection, type PodPort, askPod, connectPod } from './port-forward.ts';
import { type RawObjects, type ServedResources, rawObjects } from './raw-objects.ts';
import type { OpenShell } from './shells.ts';
import { type TypedClients, typedClients } from './typed-clients.ts';
import { type OpenSocket, connected } from './web-socket.ts';

export { isNotFound } from './api-refusal.ts';
export type { Access, AccessOptions } from './access.ts';
export type { PodPlace } from '../../engine/involved.ts';

/** Is told of every request before it is sent; the path has its query. */
type PathObserver = (method: string, path: string) => void;

/** The cluster's API as the suites use it. A refusal rejects with an ApiRefusal, except where it is said to be a value. */
export interface Kubernetes extends TypedClients {
  /** Objects as they are written: for everything that is made or changed. */
  readonly raw: RawObjects;
  /** Where the API was reached last. */
  readonly access: Access;
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
  /** A connection for one such request, which begins at once then. Throws when there is no way to the pod. */
  connect(pod: PodPort): Promise<PodConnection>;
  /** The same API as the bearer of a token. */
  as(token: string): Kubernetes;
  /** The same API with a client certificate, PEM. */
  withCertificate(credential: { readonly certificate: string; readonly key: string }): Kubernetes;
  /** The same API at one host alone, a name or an address: for checks that are about it. Nothing else is asked when it does not answer. */
  at(host: string): Kubernetes;
  /** The same API over the same connections, whose observer is told of every request. */
  watched(observer: PathObserver): Kubernetes;
}

/** Connects by the current context of a kubeconfig file. */
export function connectKubernetes(kubeconfig: string, options: AccessOptions = {}): Kubernetes {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  return connectWith(config, options);
}

/** Connects by the current context of a kubeconfig. */
export function connectWith(config: KubeConfig, options: AccessOptions = {}): Kubernetes {
  const caller = new Caller(config);
  return clientsOf({ caller, access: ApiAccess.withFallbacks(caller.documented, options), served: new Map(), observers: [] });
}

interface Session {
  readonly caller: Caller;
  readonly access: ApiAccess;
  readonly served: ServedResources;
  readonly observers: readonly PathObserver[];
}

function clientsOf(session: Session): Kubernetes {
  const { caller, access, served, observers } = session;
  const observe: PathObserver = (method, path) => {
    for (const observer of observers) observer(method, path);
  };
  const exchange: Exchange = async (request, signal) => {
    observe(request.method, request.path);
    return access.exchange(caller, request, signal);
  };
  const open: OpenSocket = async (subresource, { namespace, pod, isSafe }, connect) => {
    const what = `${subresource} in ${namespace}/${pod}`;
    observe('GET', `/api/v1/namespaces/${namespace}/pods/${pod}/${subresource}`);
    return access.open(what, { caller, isSafe }, async (server) => connected(what, connect(caller.configFor(server))));
  };
  const as = (user: User): Kubernetes => clientsOf({ ...session, caller: caller.as(user), served: new Map() });
  return {
    ...typedClients(exchange),
    raw: rawObjects((request, signal) => sendRequest(exchange, request, signal), served),
    get access() {
      return access.access;
    },
    shellIn: (place) => shellIn(open, place),
    run: (place, script, signal) => runInPod(open, place, { script, signal, terminal: false }),
    runInTerminal: (place, script, signal) => runInPod(open, place, { script, signal, terminal: true }),
    request: (request, signal) => sendRequest(exchange, request, signal),
    ask: (pod, request, signal) => askPod(open, pod, request, signal),
    connect: (pod) => connectPod(open, pod),
    as: (token) => as({ name: 'bearer', token }),
    withCertificate: ({ certificate, key }) => as({ name: 'certificate', certData: base64(certificate), keyData: base64(key) }),
    at: (host) => clientsOf({ ...session, access: ApiAccess.pinned(caller.documented, host) }),
    watched: (observer) => clientsOf({ ...session, observers: [...observers, observer] }),
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** Waits until every pod that the selector matches is Ready, as long as patience has it unless told, and returns them. Throws a WaitTimeout. */
export async function readyPods(
  kubernetes: Kubernetes,
  query: { namespace: string; selector: string; count: number; timeoutMs?: number },
  signal: AbortSignal,
): Promise<V1Pod[]> {
  const what = `${query.count} pods ${query.selector} in ${query.namespace} to be Ready`;
  return until(what, { timeoutMs: query.timeoutMs ?? patience('podReady'), everyMs: 500, signal }, async () => {
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
