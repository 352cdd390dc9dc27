import { X509Certificate } from 'node:crypto';
import type { KubernetesObject } from '@kubernetes/client-node';
import { patience } from '../../../harness/engine/patience.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import { check } from '../../fixtures/check.ts';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { equal, lateIf } from '../../../harness/engine/measured.ts';
import { namedHandshake } from '../../../harness/probe/certificate.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { inTime } from '../../fixtures/in-time.ts';
import { newHost, tenantApp } from './ingress-entrance.ts';
import { requirements } from '../requirements.ts';

/** Guide, OPT-1. */
const namespace = 'cert-manager';
const documentedIssuer = {
  name: 'letsencrypt-prod',
  server: 'https://acme-v02.api.letsencrypt.org/directory',
  email: 'admin@vaheed.net',
  secret: 'letsencrypt-prod-key',
};
/** cert-manager's own (its chart: controller, webhook, cainjector) and the definitions that it needs. */
const deployments = ['cert-manager', 'cert-manager-cainjector', 'cert-manager-webhook'];
const definitions = [
  'certificaterequests.cert-manager.io',
  'certificates.cert-manager.io',
  'challenges.acme.cert-manager.io',
  'clusterissuers.cert-manager.io',
  'issuers.cert-manager.io',
  'orders.acme.cert-manager.io',
];
/** TEST-NET-1 (RFC 5737): no server is there. */
const noServer = 'https://192.0.2.1/directory';

/** The fields of a ClusterIssuer that are read here (cert-manager.io/v1). */
interface ClusterIssuer extends KubernetesObject {
  readonly spec?: {
    readonly acme?: { readonly server?: string; readonly email?: string; readonly privateKeySecretRef?: { readonly name?: string } };
  };
  readonly status?: { readonly acme?: { readonly uri?: string }; readonly conditions?: readonly Condition[] };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

function issuerRef(name: string) {
  return { apiVersion: 'cert-manager.io/v1', kind: 'ClusterIssuer', metadata: { name } };
}

function readiness(conditions: readonly Condition[] = []): string {
  const ready = conditions.find(({ type }) => type === 'Ready');
  return ready === undefined ? 'no condition Ready' : `Ready=${ready.status}`;
}

check(requirements['NET-OPT1-ISSUER'], async ({ cluster: { kubernetes }, changes, observe, control, hint, signal }) => {
  hint(async () => `kubectl describe clusterissuer ${documentedIssuer.name}`);
  const [installed, known, issuer, secrets] = await Promise.all([
    kubernetes.apps.listNamespacedDeployment({ namespace }),
    kubernetes.request({ method: 'GET', path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions' }, signal),
    kubernetes.raw.read(issuerRef(documentedIssuer.name), signal) as Promise<ClusterIssuer | undefined>,
    kubernetes.core.listNamespacedSecret({ namespace }),
  ]);
  observe(
    equal(`available Deployments in ${namespace}`, {
      expected: deployments,
      saw: installed.items.filter(({ status }) => (status?.availableReplicas ?? 0) > 0).map(({ metadata }) => metadata?.name ?? ''),
    }),
  );
  const names = ((known.body as { items?: { metadata: { name: string } }[] }).items ?? []).map(({ metadata }) => metadata.name);
  observe(equal('definitions of cert-manager', { expected: definitions, saw: names.filter((name) => definitions.includes(name)) }));
  observe(
    equal(`ClusterIssuer ${documentedIssuer.name}`, {
      expected: [
        'Ready=True',
        'account registered',
        `server ${documentedIssuer.server}`,
        `contact ${documentedIssuer.email}`,
        `key ${documentedIssuer.secret}`,
      ],
      saw: told(issuer),
    }),
  );
  observe(
    equal('key of the account', {
      expected: 'there',
      saw: secrets.items.some(({ metadata }) => metadata?.name === documentedIssuer.secret) ? 'there' : 'missing',
    }),
  );

  const name = `conform-issuer-${nonce()}`;
  await changes.expect({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace } });
  await changes.create({
    ...issuerRef(name),
    spec: {
      acme: {
        server: noServer,
        email: documentedIssuer.email,
        privateKeySecretRef: { name },
        solvers: [{ http01: { ingress: { ingressClassName: 'nginx' } } }],
      },
    },
  } as KubernetesObject);
  control(
    equal(`an issuer whose server ${noServer} is not there`, { expected: 'Ready=False', saw: await decided(kubernetes, name, signal) }),
  );
});

/** What the promise is about, of an issuer. */
function told(issuer: ClusterIssuer | undefined): string[] {
  const { spec: { acme = {} } = {}, status } = issuer ?? {};
  return [
    readiness(status?.conditions),
    `account ${status?.acme?.uri === undefined ? 'not registered' : 'registered'}`,
    `server ${acme.server}`,
    `contact ${acme.email}`,
    `key ${acme.privateKeySecretRef?.name}`,
  ];
}

/** An issuer's condition as soon as cert-manager has written one. */
async function decided(kubernetes: Kubernetes, name: string, signal: AbortSignal): Promise<string> {
  return until(`cert-manager to decide on ${name}`, { timeoutMs: patience('effect'), everyMs: 1000, signal }, async () => {
    const { status } = ((await kubernetes.raw.read(issuerRef(name), signal)) ?? {}) as ClusterIssuer;
    return status?.conditions === undefined ? { notYet: 'no condition' } : { done: readiness(status.conditions) };
  });
}

check(
  requirements['NET-OPT1-CERT'],
  async (context) => {
    const {
      cluster: { kubernetes, documented },
      observe,
      control,
      hint,
      signal,
    } = context;
    hint(async () => 'kubectl get challenges -A -o yaml: status.reason tells why it is not solved (E47)');
    const { host, group } = await tenantApp(context, 'ingress-tls');
    const secret = `${group.service.name}-tls`;
    const ref = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', metadata: { name: secret, namespace: group.namespace } };
    const issued = await inTime(() =>
      until(`a certificate for ${host}`, { timeoutMs: patience('certificateIssued'), everyMs: 2000, signal }, async () => {
        const certificate = (await kubernetes.raw.read(ref, signal)) as { status?: { conditions?: Condition[] } } | undefined;
        const state = certificate === undefined ? 'no Certificate' : readiness(certificate.status?.conditions);
        return state === 'Ready=True' ? { done: state } : { notYet: state };
      }),
    );
    observe({
      ...equal(`Certificate for ${host}`, { expected: 'Ready=True', saw: issued.kind === 'done' ? issued.value : issued.text }),
      ...lateIf(issued.kind === 'late'),
    });
    const serial = await serialOf(kubernetes, { namespace: group.namespace, name: secret });
    const served = await inTime(() =>
      until('the controller to present it', { timeoutMs: patience('effect'), everyMs: 1000, signal }, async () => {
        const shown = await namedHandshake({ address: documented.ingress.address, port: 443, name: host }, signal);
        return shown.serialNumber === serial ? { done: shown } : { notYet: `${shown.subject}, serial ${shown.serialNumber}` };
      }),
    );
    observe({
      ...equal(`certificate that ${documented.ingress.address} presents for ${host}`, {
        expected: `serial ${serial}, trusted`,
        saw:
          served.kind === 'done'
            ? `serial ${served.value.serialNumber}, ${served.value.isTrusted ? 'trusted' : served.value.reason}`
            : served.text,
        vantage: 'admin workstation',
      }),
      ...lateIf(served.kind === 'late'),
    });
    const other = await namedHandshake({ address: documented.ingress.address, port: 443, name: newHost(documented) }, signal);
    control({
      subject: 'certificate for a host that no Ingress has',
      vantage: 'admin workstation',
      expected: "the controller's own, not trusted",
      saw: `${other.subject}, ${other.isTrusted ? 'trusted' : 'not trusted'}`,
      held: !other.isTrusted && other.serialNumber !== serial,
    });
  },
  { deadlineMs: 360_000 },
);

/** Of the certificate that cert-manager put into a Secret, as a TLS client shows it. */
async function serialOf(kubernetes: Kubernetes, place: { readonly namespace: string; readonly name: string }): Promise<string> {
  const found = (await kubernetes.core.listNamespacedSecret({ namespace: place.namespace })).items.find(
    ({ metadata }) => metadata?.name === place.name,
  );
  const text = found?.data?.['tls.crt'];
  return text === undefined || text === '' ? 'of no certificate' : new X509Certificate(Buffer.from(text, 'base64')).serialNumber;
}
