import type { KubernetesObject } from '@kubernetes/client-node';
import type { ApiAnswer } from '../../../harness/platform/kubernetes/api-request.ts';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { answerText, judged } from '../admission.ts';

/** One thing done to an object, and what the API answered. */
interface Deed {
  readonly text: string;
  readonly answer: ApiAnswer;
}

/** Makes an object, reads it in every way, changes it in both ways and deletes it; returns what did not go through. Throws when the API has not judged it. */
export async function failuresInLife(kubernetes: Kubernetes, object: KubernetesObject, signal: AbortSignal): Promise<string[]> {
  const { apiVersion = '', kind = '', metadata } = object;
  const path = await kubernetes.raw.path(
    { apiVersion, kind, metadata: { name: metadata?.name ?? '', namespace: metadata?.namespace ?? '' } },
    signal,
  );
  const collection = path.slice(0, path.lastIndexOf('/'));
  const deeds: Deed[] = [];
  const does = async (verb: string, answering: Promise<ApiAnswer>): Promise<ApiAnswer> => {
    const answer = judged(`${verb} ${kind}`, await answering);
    deeds.push({ text: `${verb} ${kind}`, answer });
    return answer;
  };
  await does('create', kubernetes.request({ method: 'POST', path: collection, body: object }, signal));
  await Promise.all([
    does('get', kubernetes.request({ method: 'GET', path }, signal)),
    does('list', kubernetes.request({ method: 'GET', path: collection }, signal)),
    does('watch', kubernetes.request({ method: 'GET', path: `${collection}?watch=true&timeoutSeconds=1` }, signal)),
  ]);
  const { body } = await does(
    'patch',
    kubernetes.request({ method: 'PATCH', path, body: { metadata: { annotations: { 'conform.test/patched': 'yes' } } } }, signal),
  );
  await does('update', kubernetes.request({ method: 'PUT', path, body: unconditional(body as KubernetesObject) }, signal));
  await does('delete', kubernetes.request({ method: 'DELETE', path }, signal));
  return deeds
    .filter(({ answer }) => answer.status < 200 || answer.status > 299)
    .map(({ text, answer }) => `${text}: ${answerText(answer)}`);
}

/** An update that holds whatever a controller has written in between. */
function unconditional(object: KubernetesObject): KubernetesObject {
  const { resourceVersion: _, ...metadata } = object.metadata ?? {};
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, 'conform.test/updated': 'yes' } } };
}
