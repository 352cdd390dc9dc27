import type { DocumentedCluster } from '../../../guide/cluster.ts';
import type { ApiAnswer, ApiRequest } from '../../../harness/platform/kubernetes/api-request.ts';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';

/** A request that asks whether a verb is allowed, and changes nothing even where it is. */
export interface VerbRequest {
  /** For example `list pods`. */
  readonly text: string;
  readonly request: ApiRequest;
}

type Role = DocumentedCluster['tenantRole'];

/** No object has this name: whoever may ask for it is told so, with 404. */
const absent = 'conform-absent';

/**
 * A verb on a collection, or on an object or a subresource of it. The API authorizes a request before it reads what is
 * sent (its handler chain), so an empty body tells 403 from anything else without a thing being made.
 */
export function verbRequest(verb: string, collection: string, subresource?: string): VerbRequest {
  const name = `${collection}/${absent}${subresource === undefined ? '' : `/${subresource}`}`;
  const text = `${verb} ${collection.slice(collection.lastIndexOf('/') + 1)}${subresource === undefined ? '' : `/${subresource}`}`;
  const requests: Record<string, ApiRequest> = {
    get: { method: 'GET', path: name },
    list: { method: 'GET', path: `${collection}?limit=1` },
    watch: { method: 'GET', path: `${collection}?watch=true&timeoutSeconds=1` },
    create: { method: 'POST', path: `${subresource === undefined ? collection : name}?dryRun=All`, body: {} },
    update: { method: 'PUT', path: `${name}?dryRun=All`, body: {} },
    patch: { method: 'PATCH', path: `${name}?dryRun=All`, body: {} },
    delete: { method: 'DELETE', path: `${name}?dryRun=All` },
  };
  const request = requests[verb];
  if (request === undefined) throw new RangeError(`there is no verb ${verb}`);
  return { text, request };
}

/** Every verb of the guide's role on every resource of it, in a namespace. */
export function roleRequests({ verbs, resources }: Role, namespace: string): VerbRequest[] {
  return resources.flatMap(({ apiVersion, resource }) => {
    const [name = '', subresource] = resource.split('/');
    const collection = `${baseOf(apiVersion)}/namespaces/${namespace}/${name}`;
    return verbsOf(verbs, subresource).map((verb) => verbRequest(verb, collection, subresource));
  });
}

/** Lists across all namespaces, of every resource of the guide's role. */
export function listsEverywhere({ resources }: Role): VerbRequest[] {
  return resources
    .filter(({ resource }) => !resource.includes('/'))
    .map(({ apiVersion, resource }) => verbRequest('list', `${baseOf(apiVersion)}/${resource}`));
}

/** The API has of a log only reading it, and of an exec only beginning one. */
function verbsOf(verbs: readonly string[], subresource: string | undefined): readonly string[] {
  if (subresource === undefined) return verbs;
  return subresource === 'log' ? ['get'] : ['get', 'create'];
}

function baseOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** The API, or the server behind it, is not there or has too much to do: that is no judgement. */
const tooBusy = [429, 502, 503, 504];

/** What the API answers to each, in their order, asked at the same time. */
async function answersTo(
  kubernetes: Kubernetes,
  requests: readonly VerbRequest[],
  signal: AbortSignal,
): Promise<{ text: string; answer: ApiAnswer }[]> {
  return Promise.all(
    requests.map(async ({ text, request }) => {
      const answer = await kubernetes.request(request, signal);
      if (tooBusy.includes(answer.status)) throw new Error(`the API has not judged "${text}": ${answer.status} ${answer.message}`);
      return { text, answer };
    }),
  );
}

/** Those that are not refused for want of a right (403), with what was answered. */
export async function notForbidden(kubernetes: Kubernetes, requests: readonly VerbRequest[], signal: AbortSignal): Promise<string[]> {
  const answers = await answersTo(kubernetes, requests, signal);
  return answers.filter(({ answer }) => answer.status !== 403).map(({ text, answer }) => `${text}: ${answer.status}`);
}

/** Those that do not get past authentication and authorization (401, 403). */
export async function forbidden(kubernetes: Kubernetes, requests: readonly VerbRequest[], signal: AbortSignal): Promise<string[]> {
  const answers = await answersTo(kubernetes, requests, signal);
  return answers
    .filter(({ answer }) => answer.status === 401 || answer.status === 403)
    .map(({ text, answer }) => `${text}: ${answer.status}`);
}
