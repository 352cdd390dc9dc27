import type { KubernetesObject } from '@kubernetes/client-node';
import { type ObjectRef, type Objects, refOf, refText } from '../../engine/changes/objects.ts';
import type { ApiAnswer, ApiRequest } from './api-request.ts';
import { ApiRefusal } from './api-refusal.ts';

export { refOf } from '../../engine/changes/objects.ts';
export { ApiRefusal } from './api-refusal.ts';

/**
 * Objects as they are written in a manifest. The client's own models rename fields that are words of JavaScript (`from` of a
 * NetworkPolicy, `default` of a LimitRange), and drop without a word what is written in the API's own names.
 */
export interface RawObjects extends Objects {
  create(object: KubernetesObject, signal: AbortSignal): Promise<KubernetesObject>;
  read(ref: ObjectRef, signal: AbortSignal): Promise<KubernetesObject | undefined>;
  patch(ref: ObjectRef, mergePatch: object, signal: AbortSignal): Promise<KubernetesObject>;
  /** Of the object itself, for requests of one's own, for example a dry run. */
  path(ref: ObjectRef, signal: AbortSignal): Promise<string>;
}

type Send = (request: ApiRequest, signal: AbortSignal) => Promise<ApiAnswer>;

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** The resources that the API serves, by the path of their version; asked for once. */
export type ServedResources = Map<string, Promise<readonly Resource[]>>;

export function rawObjects(send: Send, known: ServedResources = new Map()): RawObjects {
  const collection = async ({ apiVersion, kind, metadata }: ObjectRef, signal: AbortSignal): Promise<string> => {
    const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const find = async (): Promise<Resource | undefined> => {
      const listed = known.get(base) ?? resourcesOf(send, base, signal);
      known.set(base, listed);
      return (await listed).find((each) => each.kind === kind && !each.name.includes('/'));
    };
    const found = await find().catch((error: unknown) => {
      known.delete(base);
      throw error;
    });
    if (found === undefined) {
      known.delete(base);
      throw new Error(`the API has no ${kind} in ${apiVersion}`);
    }
    return found.namespaced ? `${base}/namespaces/${metadata.namespace ?? 'default'}/${found.name}` : `${base}/${found.name}`;
  };
  const path: RawObjects['path'] = async (ref, signal) => `${await collection(ref, signal)}/${ref.metadata.name}`;
  return {
    path,
    create: async (object, signal) => {
      const ref = refOf(object);
      return bodyOf(`create ${refText(ref)}`, await send({ method: 'POST', path: await collection(ref, signal), body: object }, signal));
    },
    read: async (ref, signal) => {
      const answer = await send({ method: 'GET', path: await path(ref, signal) }, signal);
      return answer.status === 404 ? undefined : bodyOf(`read ${refText(ref)}`, answer);
    },
    patch: async (ref, mergePatch, signal) =>
      bodyOf(`patch ${refText(ref)}`, await send({ method: 'PATCH', path: await path(ref, signal), body: mergePatch }, signal)),
    delete: async (ref, options, signal) => {
      const answer = await send({ method: 'DELETE', path: await path(ref, signal), body: options }, signal);
      if (answer.status === 404) return false;
      bodyOf(`delete ${refText(ref)}`, answer);
      return true;
    },
  };
}

async function resourcesOf(send: Send, base: string, signal: AbortSignal): Promise<Resource[]> {
  const answer = await send({ method: 'GET', path: base }, signal);
  if (answer.status !== 200) throw new ApiRefusal(`resources of ${base}`, answer);
  return (answer.body as { resources: Resource[] }).resources;
}

function bodyOf(what: string, answer: ApiAnswer): KubernetesObject {
  if (answer.status < 200 || answer.status > 299) throw new ApiRefusal(what, answer);
  return answer.body as KubernetesObject;
}
