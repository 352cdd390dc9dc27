import type { ApiAnswer } from '../../../harness/platform/kubernetes/api-request.ts';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';

/** The groups of Kubernetes itself whose objects an application may be made of (kubernetes.io: API reference, v1.30). */
const groups = [
  '/api/v1',
  '/apis/apps/v1',
  '/apis/batch/v1',
  '/apis/networking.k8s.io/v1',
  '/apis/autoscaling/v2',
  '/apis/policy/v1',
  '/apis/discovery.k8s.io/v1',
  '/apis/rbac.authorization.k8s.io/v1',
];

interface ResourceList {
  readonly resources: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly verbs: readonly string[];
  }[];
}

/** The kinds of objects of a namespace, and the namespace itself, that have a text anywhere: in clear, or as base64. */
export async function kindsThatHold(
  { request }: Pick<Kubernetes, 'request'>,
  { namespace, text }: { readonly namespace: string; readonly text: string },
  signal: AbortSignal,
): Promise<string[]> {
  const read = async (path: string): Promise<unknown> => bodyOf(await request({ method: 'GET', path }, signal), path);
  const found = await Promise.all(
    groups.map(async (group) => {
      const { resources } = (await read(group)) as ResourceList;
      const listed = resources.filter(({ name, namespaced, verbs }) => namespaced && verbs.includes('list') && !name.includes('/'));
      return Promise.all(
        listed.map(async ({ name, kind }) => {
          const { items } = (await read(`${group}/namespaces/${namespace}/${name}`)) as { items: readonly unknown[] };
          return items.some((item) => holdsText(item, text)) ? [kind] : [];
        }),
      );
    }),
  );
  const ofItself = holdsText(await read(`/api/v1/namespaces/${namespace}`), text) ? ['Namespace'] : [];
  return [...new Set([...found.flat(2), ...ofItself])].toSorted();
}

function bodyOf({ status, message, body }: ApiAnswer, path: string): unknown {
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${message}`);
  return body;
}

/** Whether any value of an object, however deep, has the text, or is the base64 of something that has it. */
export function holdsText(value: unknown, text: string): boolean {
  if (typeof value === 'string') return value.includes(text) || decoded(value).includes(text);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((each) => holdsText(each, text));
}

function decoded(value: string): string {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(value) ? Buffer.from(value, 'base64').toString() : '';
}
