import { check } from '../../fixtures/check.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { connectionMatrix } from '../../fixtures/connection-matrix.ts';
import { servingCertificate } from '../../../harness/probe/certificate.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { readCells } from '../../../harness/probe/matrix.ts';
import { type HttpTarget, outcomeText } from '../../../harness/probe/probe.ts';
import { anchor, denied, every, targetsLike } from '../../fixtures/cells.ts';
import { apiReader } from './api-reader.ts';
import { controlPlanes, pings } from '../documented-nodes.ts';
import { foreignCredential } from '../foreign-credential.ts';
import { requirements } from '../requirements.ts';
import { admins, neighbours, outsiders } from '../vantages.ts';

/** Guide: Port Reference. */
const apiPort = 6443;
const closedPort = 6442;

/** By its name, at the virtual address, and at each control plane. */
function apiHosts(cluster: Cluster): string[] {
  const { vip } = cluster.documented;
  return [vip.hostname, vip.address, ...controlPlanes(cluster).map(({ address }) => address)];
}

check(requirements['ADM-KUBE-API-ALLOW'], async (context) => {
  context.hint(
    async () =>
      'kubectl get globalnetworkpolicy allow-admin-to-k8s-api -o yaml; talosctl get nftableschain ingress -o yaml: is the source on both lists?',
  );
  const hosts = apiHosts(context.cluster);
  const reader = await apiReader();
  await connections(
    context,
    admins.flatMap((host): Connection[] => [
      ...hosts.map((api): Connection => ({
        role: 'observation',
        from: { host },
        to: reader.get(`${api}:${apiPort}`, '/readyz'),
        name: 'the API, held to its certificate',
        expect: { status: 200 },
      })),
      {
        role: 'observation',
        from: { host },
        to: reader.getWithout(`${hosts[0]}:${apiPort}`, '/readyz'),
        name: 'the API without a credential',
        expect: { status: 401 },
      },
      {
        role: 'control',
        from: { host },
        to: { kind: 'tcp', host: hosts[1] ?? '', port: closedPort },
        name: 'a port where nobody listens',
        expect: 'not-reached',
      },
    ]),
  );
});

check(
  requirements['ADM-KUBE-API-DENY'],
  async (context) => {
    context.hint(
      async () =>
        'kubectl get hostendpoints,globalnetworkpolicies -o yaml; kubectl get felixconfiguration default -o yaml: is 6443 a fail-safe port (E21)?',
    );
    const matrix = await connectionMatrix();
    const api = targetsLike(matrix, /^api (vip|name|cp\d+)$/);
    await readCells(context, matrix, [
      ...every(matrix, [...outsiders, ...neighbours], api, denied),
      ...every(matrix, ['admin'], api, anchor),
      ...every(matrix, ['outsider', ...neighbours], ['lan server'], anchor),
      ...every(matrix, ['lan'], ['admin server'], anchor),
    ]);
    await connections(context, pings(controlPlanes(context.cluster), outsiders));
    const certificates = await Promise.all(
      apiHosts(context.cluster).map(async (host) => ({ host, names: (await servingCertificate(host, apiPort, context.signal)).names })),
    );
    for (const { host, names } of certificates)
      context.control({
        subject: `TLS with ${host}:${apiPort}`,
        vantage: 'admin workstation',
        expected: 'the API server',
        saw: names.join(', '),
        held: names.includes('DNS:kubernetes'),
      });
  },
  { uses: ['connection-matrix'] },
);

/** What an anonymous caller could read if it were bound to `cluster-admin`, or only to `view`. */
const paths = ['/api/v1/secrets', '/api/v1/nodes', '/api/v1/pods'];

check(requirements['ADM-KUBE-API-AUTH'], async ({ cluster, observe, control, hint, signal }) => {
  hint(async () => 'kubectl get clusterrolebindings -o wide | grep -E "system:(anonymous|unauthenticated)"');
  const reader = await apiReader();
  const hosts = apiHosts(cluster);
  const forged = ['Authorization: Bearer eyJhbGciOiJub25lIn0.e30.'];
  const asked = hosts.flatMap((host) =>
    paths.flatMap((path): { who: string; to: HttpTarget }[] => {
      const to = reader.getWithout(`${host}:${apiPort}`, path);
      return [
        { who: 'nobody', to },
        { who: 'the bearer of a forged token', to: { ...to, headers: forged } },
      ];
    }),
  );
  const outcomes = await cluster.probe(
    { host: 'admin' },
    asked.map(({ to }) => to),
    signal,
  );
  for (const [index, { who, to }] of asked.entries()) {
    const outcome = outcomes[index] ?? { kind: 'failed', text: 'not tried', afterMs: 0 };
    // No answer is no refusal: nor is it an admission.
    control({
      subject: `GET ${to.url} by ${who}`,
      vantage: 'admin',
      expected: 'an answer',
      saw: outcomeText(outcome),
      held: outcome.kind === 'answered',
    });
    observe({
      subject: `GET ${to.url} by ${who}`,
      vantage: 'admin',
      expected: 'HTTP 401 or 403',
      saw: outcomeText(outcome),
      held: outcome.kind !== 'answered' || [401, 403].includes(outcome.status),
    });
  }
  const stranger = cluster.kubernetes.withCertificate(await foreignCredential({ commonName: 'admin', organization: 'system:masters' }));
  const refused = await Promise.all(paths.map((path) => stranger.request({ method: 'GET', path }, signal)));
  const own = await Promise.all(paths.map((path) => cluster.kubernetes.request({ method: 'GET', path: `${path}?limit=1` }, signal)));
  for (const [index, path] of paths.entries()) {
    observe({
      subject: `GET ${path} with a certificate of another authority for system:masters`,
      vantage: 'admin',
      expected: 'HTTP 401',
      saw: `HTTP ${refused[index]?.status}`,
      held: refused[index]?.status === 401,
    });
    control({
      subject: `GET ${path} with the administrator's credential`,
      vantage: 'admin',
      expected: 'HTTP 200',
      saw: `HTTP ${own[index]?.status}`,
      held: own[index]?.status === 200,
    });
  }
});
