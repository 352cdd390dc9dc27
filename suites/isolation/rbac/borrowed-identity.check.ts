import type { KubernetesObject } from '@kubernetes/client-node';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { check } from '../../fixtures/check.ts';
import type { Kubernetes, PodPlace } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { readManifest } from '../../../harness/platform/kubernetes/manifest.ts';
import { type ScratchTenant, scratchTenant, tokenOf } from '../../fixtures/scratch-tenant.ts';
import { equal } from '../../../harness/engine/measured.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { answerText, judged, tryToMake } from '../admission.ts';
import { requirements } from '../requirements.ts';
import { type Became, becameText, deploymentBecame, podBecame } from '../tenant-workload.ts';
import { notForbidden, verbRequest } from './verbs.ts';

const stronger = 'conform-stronger';
/** Where the kubelet puts an account's token in every pod (Kubernetes: ServiceAccount admission). */
const tokenFile = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** How an attempt at another account's token ended: with it, or in words. */
type Borrowed = { readonly kind: 'token'; readonly token: string } | { readonly kind: 'nothing'; readonly text: string };

check(requirements['ISO-RBAC-NO-BORROWED-IDENTITY'], async (context) => {
  const {
    cluster: { kubernetes, documented },
    changes,
    observe,
    control,
    signal,
  } = context;
  const tenant = await scratchTenant(context);
  await changes.createFrom(`${import.meta.dirname}/stronger-account.yaml`, { NAMESPACE: tenant.namespace });
  const [secret = {}, pod = {}, deployment = {}] = await readManifest(`${import.meta.dirname}/borrowing-objects.yaml`, {
    NAMESPACE: tenant.namespace,
  });

  const may = async (who: Kubernetes): Promise<string> => answerText(await who.request(beyondTenant(tenant), signal)).slice(0, 3);
  const own = await tokenOf(kubernetes, { namespace: tenant.namespace, name: stronger }, signal);
  control(
    equal('what the stronger account gets by its own token: the NetworkPolicies', {
      expected: '200',
      saw: await may(kubernetes.as(own)),
      vantage: tenant.namespace,
    }),
  );
  control(
    equal('what tenant-sa gets: the NetworkPolicies', { expected: '403', saw: await may(tenant.asTenant), vantage: tenant.namespace }),
  );

  const ways = await Promise.all([
    borrowing('a token Secret of the stronger account', bySecret(context, tenant, secret)),
    borrowing('a pod that runs as the stronger account', byPod(context, tenant, pod)),
    borrowing('a Deployment whose pods run as the stronger account', byDeployment(context, tenant, deployment)),
    borrowing('a request for a token of the stronger account', byRequest(context, tenant)),
  ]);
  for (const { by, borrowed } of ways) {
    const saw = borrowed.kind === 'nothing' ? borrowed.text : `a token that gets ${await may(kubernetes.as(borrowed.token))}`;
    observe({
      subject: `what tenant-sa gets by ${by}`,
      vantage: tenant.namespace,
      expected: 'no token, or one that gets 403',
      saw,
      held: borrowed.kind === 'nothing' || saw.endsWith('403'),
    });
  }

  const [node] = documented.nodes;
  for (const { who, headers } of identities(tenant.namespace, node?.name ?? '')) {
    const answer = await tenant.asTenant.request({ ...beyondTenant(tenant), headers }, signal);
    observe({
      subject: `what tenant-sa gets when it says that it is ${who}`,
      vantage: tenant.namespace,
      expected: '403, cannot impersonate',
      saw: answerText(answer),
      held: answer.status === 403 && answer.message.includes('cannot impersonate'),
    });
    const asAdmin = await kubernetes.request({ method: 'GET', path: '/api', headers }, signal);
    control(equal(`what an administrator gets who says that it is ${who}`, { expected: '200', saw: String(asAdmin.status) }));
  }
  const ofNodes = [
    verbRequest('create', '/apis/certificates.k8s.io/v1/certificatesigningrequests'),
    verbRequest('get', '/api/v1/nodes', 'proxy'),
    verbRequest('create', '/api/v1/nodes', 'proxy'),
  ];
  const left = await notForbidden(tenant.asTenant, ofNodes, signal);
  observe(
    equal("what tenant-sa is not refused of a node's identity: a certificate, the kubelet's own API", {
      expected: [],
      saw: left,
      vantage: tenant.namespace,
    }),
  );
});

function beyondTenant({ namespace }: ScratchTenant): { method: 'GET'; path: string } {
  return { method: 'GET', path: `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies` };
}

/** Whom a tenant might claim to be (Kubernetes: user impersonation). */
function identities(namespace: string, node: string): { who: string; headers: Record<string, string> }[] {
  const user = (name: string, group?: string): Record<string, string> => ({
    'Impersonate-User': name,
    ...(group === undefined ? {} : { 'Impersonate-Group': group }),
  });
  return [
    { who: 'the stronger account', headers: user(`system:serviceaccount:${namespace}:${stronger}`) },
    { who: 'an administrator', headers: user('conform-admin', 'system:masters') },
    { who: `node ${node}`, headers: user(`system:node:${node}`, 'system:nodes') },
  ];
}

async function borrowing(by: string, attempt: Promise<Borrowed>): Promise<{ by: string; borrowed: Borrowed }> {
  return { by, borrowed: await attempt };
}

/** The controller writes the token into such a Secret within a moment. */
async function bySecret({ signal }: CheckContext, { namespace, asTenant }: ScratchTenant, secret: KubernetesObject): Promise<Borrowed> {
  const made = await tryToMake(asTenant, secret, { signal });
  if (made.status !== 201) return { kind: 'nothing', text: answerText(made) };
  return until(
    'the token in the Secret',
    { timeoutMs: patience('answer'), everyMs: 300, signal },
    async (): Promise<{ done: Borrowed } | { notYet: string }> => {
      const read = await asTenant.request(
        { method: 'GET', path: `/api/v1/namespaces/${namespace}/secrets/${secret.metadata?.name}` },
        signal,
      );
      if (read.status === 403) return { done: { kind: 'nothing', text: answerText(read) } };
      const token = (read.body as { data?: { token?: string } }).data?.token;
      return token === undefined
        ? { notYet: answerText(read) }
        : { done: { kind: 'token', token: Buffer.from(token, 'base64').toString() } };
    },
  );
}

async function byPod(context: CheckContext, tenant: ScratchTenant, pod: KubernetesObject): Promise<Borrowed> {
  const made = await tryToMake(tenant.asTenant, pod, { signal: context.signal });
  if (made.status !== 201) return { kind: 'nothing', text: answerText(made) };
  return tokenIn(context, tenant, await podBecame(context, { namespace: tenant.namespace, name: pod.metadata?.name ?? '' }));
}

async function byDeployment(context: CheckContext, tenant: ScratchTenant, deployment: KubernetesObject): Promise<Borrowed> {
  const made = await tryToMake(tenant.asTenant, deployment, { signal: context.signal });
  if (made.status !== 201) return { kind: 'nothing', text: answerText(made) };
  return tokenIn(context, tenant, await deploymentBecame(context, { namespace: tenant.namespace, name: deployment.metadata?.name ?? '' }));
}

/** The token of the account that a pod runs as, read in it as the tenant. */
async function tokenIn({ signal }: CheckContext, { namespace, asTenant }: ScratchTenant, became: Became): Promise<Borrowed> {
  // Admitted, it would have the token as soon as it runs.
  if (became.kind === 'idle') throw new Error(`admitted as ${stronger}, and not seen to run: ${becameText(became)}`);
  if (became.kind === 'refused') return { kind: 'nothing', text: becameText(became) };
  const place: PodPlace = { namespace, pod: became.pod.metadata?.name ?? '' };
  return { kind: 'token', token: (await asTenant.run(place, `cat ${tokenFile}`, signal)).trim() };
}

async function byRequest({ signal }: CheckContext, { namespace, asTenant }: ScratchTenant): Promise<Borrowed> {
  const answer = judged(
    `a request for a token of ${stronger}`,
    await asTenant.request(
      {
        method: 'POST',
        path: `/api/v1/namespaces/${namespace}/serviceaccounts/${stronger}/token`,
        body: { spec: { expirationSeconds: 600 } },
      },
      signal,
    ),
  );
  return answer.status === 201
    ? { kind: 'token', token: (answer.body as { status: { token: string } }).status.token }
    : { kind: 'nothing', text: answerText(answer) };
}
