import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { atApi } from '../../../harness/engine/measured.ts';
import { type Ask, type CanineApi, type NewApp, type Person, answerText } from './api.ts';
import { guideApi } from './guide-api.ts';
import { type CanineAccess, upstreamApi } from './upstream-api.ts';

const namespace = 'canine';
/** The chart's labels of the web process, and its port (canine 0.1.11). */
const web = { selector: 'app.kubernetes.io/name=canine,app.kubernetes.io/component=web', port: 3000 };

const login = z.object({ email: z.string(), password: z.string() });

const apis: Readonly<Record<CheckContext['cluster']['documented']['canineApi'], (access: CanineAccess) => CanineApi>> = {
  guide: ({ ask, keys }) => guideApi(ask, keys),
  upstream: upstreamApi,
};

/**
 * Hands Canine's operations to a check, as its profile documents them, and deletes what was made with them. They are asked
 * for in Canine's own pod: who gets there over the network is for other requirements. Two controls say that it answers, and
 * what it says where nothing is; the first of them is left out where its health is what is judged.
 */
export async function withCanine(
  context: CheckContext,
  body: (canine: CanineApi) => Promise<void>,
  { judgesHealth = false } = {},
): Promise<void> {
  const canine = await canineApi(context);
  const nowhere = `/api/v1/conform-${randomBytes(4).toString('hex')}`;
  const [up, absent] = await Promise.all([canine.ask({ method: 'GET', path: '/up' }), canine.ask({ method: 'GET', path: nowhere })]);
  if (!judgesHealth)
    context.control({
      subject: "GET /up in Canine's own pod",
      vantage: atApi,
      expected: 'HTTP 200',
      saw: answerText(up),
      held: up.status === 200,
    });
  context.control({
    subject: `GET ${nowhere}, an address that is not there`,
    vantage: atApi,
    expected: 'HTTP 404',
    saw: answerText(absent),
    held: absent.status === 404,
  });
  try {
    await body(canine);
  } finally {
    await canine.removeAll();
  }
}

async function canineApi({ cluster, changes, signal }: CheckContext): Promise<CanineApi> {
  const { kubernetes, documented, descriptor } = cluster;
  const [pod] = await readyPods(kubernetes, { namespace, selector: web.selector, count: 1 }, signal);
  const place = { namespace, pod: pod?.metadata?.name ?? '', port: web.port };
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
    name: `conform-app-${randomBytes(4).toString('hex')}`,
    repository: 'registry.k8s.io/e2e-test-images/agnhost',
    branch: '2.47',
    command: '/agnhost netexec --http-port=8080 --udp-port=-1',
    port: 8080,
  };
}
