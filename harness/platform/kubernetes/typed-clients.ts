import {
  AppsV1Api,
  type Configuration,
  CoordinationV1Api,
  CoreV1Api,
  DiscoveryV1Api,
  KubernetesObjectApi,
  NetworkingV1Api,
  RbacAuthorizationV1Api,
  type RequestContext,
  ResponseContext,
  SelfDecodingBody,
  ServerConfiguration,
  StorageV1Api,
  createConfiguration,
  wrapHttpLibrary,
} from '@kubernetes/client-node';
import { ApiRefusal } from './api-refusal.ts';
import type { Exchange } from './exchange.ts';

/** The client's typed APIs. A refusal rejects with an ApiRefusal. */
export interface TypedClients {
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
  readonly discovery: DiscoveryV1Api;
  readonly storage: StorageV1Api;
  readonly networking: NetworkingV1Api;
  readonly rbac: RbacAuthorizationV1Api;
  readonly coordination: CoordinationV1Api;
  readonly objects: KubernetesObjectApi;
}

/** The client wants an address before it makes a request; which server is asked is decided when it is sent. */
const anyServer = 'https://kubernetes';

export function typedClients(exchange: Exchange): TypedClients {
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(anyServer, {}),
    httpApi: wrapHttpLibrary({ send: async (request) => sent(exchange, request) }),
  });
  return {
    core: new CoreV1Api(configuration),
    apps: new AppsV1Api(configuration),
    discovery: new DiscoveryV1Api(configuration),
    storage: new StorageV1Api(configuration),
    networking: new NetworkingV1Api(configuration),
    rbac: new RbacAuthorizationV1Api(configuration),
    coordination: new CoordinationV1Api(configuration),
    objects: new AnyObjectApi(configuration),
  };
}

/** Its constructor is kept for a kubeconfig, which this one does not need: the default namespace is `default`. */
class AnyObjectApi extends KubernetesObjectApi {
  // oxlint-disable-next-line no-useless-constructor -- makes it public
  constructor(configuration: Configuration) {
    super(configuration);
  }
}

async function sent(exchange: Exchange, request: RequestContext): Promise<ResponseContext> {
  const { pathname, search } = new URL(request.getUrl());
  const method: string = request.getHttpMethod();
  const body: unknown = request.getBody();
  if (body !== undefined && typeof body !== 'string') throw new TypeError('a request to the Kubernetes API has text as its body');
  const wire = { method, path: `${pathname}${search}`, headers: request.getHeaders(), ...(body === undefined ? {} : { body }) };
  const answer = await exchange(wire, request.getSignal());
  if (answer.status < 200 || answer.status > 299) throw new ApiRefusal(`${method} ${pathname}`, answer);
  return new ResponseContext(answer.status, { ...answer.headers }, new SelfDecodingBody(Promise.resolve(answer.body)));
}
