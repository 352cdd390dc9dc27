import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { servingCertificate } from '../../../harness/probe/certificate.ts';
import { type ClaimAttempt, type Destination, reach } from '../../../harness/probe/claims.ts';
import { type HttpTarget, outcomeText } from '../../../harness/probe/probe.ts';
import { fromHosts, toKind } from '../../fixtures/matrix-parts.ts';
import { check } from '../check.ts';
import { controlPlanes, pings } from '../documented-nodes.ts';
import { foreignCredential } from '../foreign-credential.ts';
import { requirements } from '../requirements.ts';
import { admins, atHosts, neighbours, outsiders, workstation } from '../vantages.ts';
import type { ApiReader } from './api-reader.ts';

/** Guide: Port Reference. */
const apiPort = 6443;
/** Answered by the API server alone: its readiness is etcd's, too, and this is about who may come in. */
const versionPath = '/version';

/** The ways to the API from outside: by its name, at the virtual address, and at each control plane. */
function apiHosts(cluster: Cluster): { way: string; host: string }[] {
  const { vip } = cluster.documented;
  return [
    { way: 'by its name', host: vip.hostname },
    { way: 'at the virtual address', host: vip.address },
    ...controlPlanes(cluster).map(({ name, address }) => ({ way: `on ${name}`, host: address })),
  ];
}

check(requirements['ADM-KUBE-API-ALLOW'], async ({ cluster, connect, hint }, { apiReader }) => {
  hint(
    async () =>
      'kubectl get globalnetworkpolicy allow-admin-to-k8s-api -o yaml; talosctl get nftableschain ingress -o yaml: is the source on both lists?',
  );
  const to = apiHosts(cluster).map(({ way, host }): Destination => ({
    name: `the API ${way}, held to its certificate`,
    target: apiReader.get(`${host}:${apiPort}`, versionPath),
  }));
  const without: Destination = {
    name: 'the API without a credential',
    target: apiReader.getWithout(`${cluster.documented.vip.hostname}:${apiPort}`, versionPath),
  };
  const unlike: Destination = {
    name: 'a port where nobody listens',
    target: { kind: 'tcp', host: cluster.documented.vip.address, port: apiPort - 1 },
  };
  const from = atHosts(admins);
  await connect([reach({ from, to, status: 200, unlike }), reach({ from, to: without, status: 401, unlike })]);
});

check(requirements['ADM-KUBE-API-DENY'], async ({ cluster, connect, control, hint, signal }, { matrix }) => {
  hint(
    async () =>
      'kubectl get hostendpoints,globalnetworkpolicies -o yaml; kubectl get felixconfiguration default -o yaml: is 6443 a fail-safe port (E21)?',
  );
  const api = {
    to: matrix.targets(
      toKind('api', ({ at }) => at !== 'service'),
      apiHosts(cluster).length,
    ),
    targetAnswers: matrix.sources(fromHosts('admin'), 1),
  };
  const serverOn = (name: string): readonly Destination[] =>
    matrix.targets(
      toKind('host', ({ host }) => host === name),
      1,
    );
  await connect([
    matrix.denial({
      ...api,
      from: matrix.sources(fromHosts('outsider', ...neighbours), 1 + neighbours.length),
      sameSourceReaches: serverOn('lan'),
    }),
    matrix.denial({ ...api, from: matrix.sources(fromHosts('lan'), 1), sameSourceReaches: serverOn('admin') }),
    { attempts: controlsOf(atHosts(outsiders), pings(controlPlanes(cluster))) },
  ]);
  for (const { way, host } of apiHosts(cluster)) {
    const { names } = await servingCertificate(host, apiPort, signal);
    control({
      subject: `TLS with the API ${way}`,
      vantage: 'admin workstation',
      expected: 'the API server',
      saw: names.join(', '),
      held: names.includes('DNS:kubernetes'),
    });
  }
});

function controlsOf(from: ReturnType<typeof atHosts>, to: readonly Destination[]): ClaimAttempt[] {
  return from.flatMap((source) => to.map((each): ClaimAttempt => ({ role: 'control', from: source, to: each, expect: 'reached' })));
}

/** An anonymous caller could read these if it were bound to `cluster-admin`, or only to `view`. */
const paths = ['/api/v1/secrets', '/api/v1/nodes', '/api/v1/pods'];

check(requirements['ADM-KUBE-API-AUTH'], async (context, { apiReader }) => {
  context.hint(async () => 'kubectl get clusterrolebindings -o wide | grep -E "system:(anonymous|unauthenticated)"');
  await refusesWithoutCredential(context, apiReader);
  await refusesForeignCertificate(context);
});

/** Every server refuses by an answer: silence is no refusal, and could not look. */
async function refusesWithoutCredential({ cluster, control, observe, signal }: CheckContext, reader: ApiReader): Promise<void> {
  const forged = ['Authorization: Bearer eyJhbGciOiJub25lIn0.e30.'];
  const asked = apiHosts(cluster).flatMap(({ way, host }) =>
    paths.flatMap((path): { who: string; what: string; to: HttpTarget }[] => {
      const to = reader.getWithout(`${host}:${apiPort}`, path);
      const what = `GET ${path} of the API ${way}`;
      return [
        { who: 'nobody', what, to },
        { who: 'the bearer of a forged token', what, to: { ...to, headers: forged } },
      ];
    }),
  );
  const outcomes = await cluster.probe(
    workstation.place,
    asked.map(({ to }) => to),
    signal,
  );
  for (const [index, { who, what }] of asked.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined || outcome.kind === 'failed')
      throw new Error(`${what} by ${who} could not be tried: ${outcome?.text ?? 'no outcome'}`);
    const measured = { subject: `${what} by ${who}`, vantage: workstation.name, saw: outcomeText(outcome) };
    if (outcome.kind !== 'answered') control({ ...measured, expected: 'an answer', held: false });
    else observe({ ...measured, expected: 'HTTP 401 or 403', held: [401, 403].includes(outcome.status) });
  }
}

/** A client certificate that names the most powerful group, signed by an authority that nobody knows. */
async function refusesForeignCertificate({ cluster: { kubernetes }, control, observe, signal }: CheckContext): Promise<void> {
  const stranger = kubernetes.withCertificate(await foreignCredential({ commonName: 'admin', organization: 'system:masters' }));
  for (const path of paths) {
    const [refused, own] = await Promise.all([
      stranger.request({ method: 'GET', path }, signal),
      kubernetes.request({ method: 'GET', path: `${path}?limit=1` }, signal),
    ]);
    observe({
      subject: `GET ${path} with a certificate of another authority for system:masters`,
      vantage: workstation.name,
      expected: 'HTTP 401',
      saw: `HTTP ${refused.status}`,
      held: refused.status === 401,
    });
    control({
      subject: `GET ${path} with the administrator's credential`,
      vantage: workstation.name,
      expected: 'HTTP 200',
      saw: `HTTP ${own.status}`,
      held: own.status === 200,
    });
  }
}
