import { readFile } from 'node:fs/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { z } from 'zod';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { isReady } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { Ask, CanineApi, NewApp, Person } from './api.ts';
import { guideApi } from './guide-api.ts';
import { type CanineAccess, upstreamApi } from './upstream-api.ts';

const namespace = 'canine';
/** The chart's labels of the web process, and its port (canine 0.1.11). */
export const web = { selector: 'app.kubernetes.io/name=canine,app.kubernetes.io/component=web', port: 3000 };

const login = z.object({ email: z.string(), password: z.string() });

const apis: Readonly<Record<CheckContext['cluster']['documented']['canineApi'], (access: CanineAccess) => CanineApi>> = {
  guide: ({ ask, keys }) => guideApi(ask, keys),
  upstream: upstreamApi,
};

/**
 * Hands Canine's operations to a check, as its profile documents them, and deletes what was made with them. They are asked
 * for in Canine's own pod: who gets there over the network is for other requirements.
 */
export async function withCanine(context: CheckContext, body: (canine: CanineApi) => Promise<void>): Promise<void> {
  const canine = await canineApi(context);
  let first: { readonly error: unknown } | undefined;
  try {
    await body(canine);
  } catch (error) {
    first = { error };
  }
  try {
    await canine.removeAll();
  } catch (error) {
    // A failure of the check itself says more than one of its clean-up.
    first ??= { error };
  }
  if (first !== undefined) throw first.error;
}

/** Canine's web processes that run, Ready or not. */
export async function webPods({ cluster: { kubernetes } }: Pick<CheckContext, 'cluster'>): Promise<V1Pod[]> {
  const { items } = await kubernetes.core.listNamespacedPod({ namespace, labelSelector: web.selector });
  return items.filter(({ metadata, status }) => status?.podIP !== undefined && metadata?.deletionTimestamp === undefined);
}

/** One that is Ready; waits for it. */
async function readyWebPod(context: Pick<CheckContext, 'cluster' | 'signal'>): Promise<string> {
  const options = { timeoutMs: patience('podReady'), everyMs: 500, signal: context.signal };
  return until('a web process of Canine to be Ready', options, async () => {
    const found = await webPods(context);
    const ready = found.find(isReady);
    return ready === undefined ? { notYet: `none of ${found.length}` } : { done: ready.metadata?.name ?? '' };
  });
}

async function canineApi({ cluster, changes, signal }: CheckContext): Promise<CanineApi> {
  const { kubernetes, documented, descriptor } = cluster;
  const place = { namespace, pod: await readyWebPod({ cluster, signal }), port: web.port };
  const ask: Ask = (request) => kubernetes.ask(place, request, signal);
  return apis[documented.canineApi]({
    ask,
    keys: () => keysIn(cluster),
    admin: () => readLogin(descriptor.canineLogin),
    makesNamespace: (name) => changes.expect({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
  });
}

async function readLogin(file: string | undefined): Promise<Person> {
  if (file === undefined)
    throw new Error("the cluster's descriptor names no canineLogin, the file with a Canine administrator's e-mail address and password");
  return login.parse(JSON.parse(await readFile(file, 'utf8')));
}

/** Values that may be a key: printable, in the Secrets of Canine's namespace; Helm's and the registry's are none. */
async function keysIn({ kubernetes }: CheckContext['cluster']): Promise<string[]> {
  const { items } = await kubernetes.core.listNamespacedSecret({ namespace, fieldSelector: 'type=Opaque' });
  const values = items.flatMap(({ data }) => Object.values(data ?? {})).map((value) => Buffer.from(value, 'base64').toString());
  return values.filter((value) => /^[\x21-\x7e]{16,200}$/.test(value));
}

/** An application that answers its pod's name at /hostname: the image that the guide's mirrors have, and every node has by then. */
export function newApp(): NewApp {
  return {
    name: `conform-app-${nonce()}`,
    repository: 'registry.k8s.io/e2e-test-images/agnhost',
    branch: '2.47',
    command: '/agnhost netexec --http-port=8080 --udp-port=-1',
    port: 8080,
  };
}
