import type { V1Service } from '@kubernetes/client-node';
import type { CheckContext } from '../../harness/platform/check.ts';
import { check } from '../fixtures/check.ts';
import type { Kubernetes } from '../../harness/platform/kubernetes/kubernetes.ts';
import { isNotFound } from '../../harness/platform/kubernetes/kubernetes.ts';
import { atApi, equal } from '../../harness/engine/measured.ts';
import { type ClaimAttempt, atHost, claim } from '../../harness/probe/claims.ts';
import { requirements } from './requirements.ts';

/** An access point of the guide: a Service before the platform's pods, at an address of its own. */
interface AccessPoint {
  readonly namespace: string;
  readonly name: string;
  readonly address: string;
  /** Published port and the pods' own. */
  readonly ports: readonly { readonly port: number; readonly target: number; readonly path: string }[];
}

/** A port that none of them publishes. */
const closedPort = 81;

check(requirements['NET-LB-ADDR-100'], async (context) => {
  const { address } = context.cluster.documented.services.longhorn;
  await judge(context, {
    namespace: 'longhorn-system',
    name: 'longhorn-frontend-lb',
    address,
    ports: [{ port: 80, target: 8000, path: '/' }],
  });
});

check(requirements['NET-LB-ADDR-101'], async (context) => {
  const { address } = context.cluster.documented.services.canine;
  // Canine answers `/` with its dashboard or sends to its login: redirects are followed.
  await judge(context, { namespace: 'canine', name: 'canine', address, ports: [{ port: 80, target: 3000, path: '/' }] });
});

check(requirements['NET-LB-ADDR-102'], async (context) => {
  const { address } = context.cluster.documented.services.opencost;
  await judge(context, {
    namespace: 'opencost',
    name: 'opencost-ui-lb',
    address,
    ports: [
      { port: 80, target: 9090, path: '/' },
      { port: 9003, target: 9003, path: '/healthz' },
    ],
  });
});

async function judge(context: CheckContext, point: AccessPoint): Promise<void> {
  const { cluster, connect, observe, control, hint, involved } = context;
  const { namespace, name, address, ports } = point;
  hint(
    async () =>
      `kubectl -n ${namespace} get service ${name} -o yaml; kubectl -n ${namespace} get endpointslices -l kubernetes.io/service-name=${name}; kubectl get servicel2statuses -A`,
  );
  involved.namespace(namespace);
  const [service, slices, all] = await Promise.all([
    serviceOf(cluster.kubernetes, point),
    cluster.kubernetes.discovery.listNamespacedEndpointSlice({ namespace, labelSelector: `kubernetes.io/service-name=${name}` }),
    cluster.kubernetes.core.listServiceForAllNamespaces(),
  ]);
  const holders = all.items
    .filter(({ status }) => status?.loadBalancer?.ingress?.some(({ ip }) => ip === address))
    .map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`);
  observe(equal(`Services that have ${address}`, { expected: [`${namespace}/${name}`], saw: holders }));
  observe(equal(`type of ${namespace}/${name}`, { expected: 'LoadBalancer', saw: service?.spec?.type ?? 'no such Service' }));
  observe(equal(`address that ${namespace}/${name} asks for`, { expected: address, saw: requested(service) }));
  observe(
    equal(`ports of ${namespace}/${name}`, {
      expected: ports.map(({ port, target }) => `${port} -> ${target}`),
      saw: portsOf(
        service,
        slices.items.flatMap((slice) => slice.ports ?? []),
      ),
    }),
  );
  const ready = slices.items.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
  observe({
    subject: `ready endpoints of ${namespace}/${name}`,
    vantage: atApi,
    expected: 'one at least',
    saw: String(ready.length),
    held: ready.length > 0,
  });

  const { nodes } = cluster.documented;
  const controlPlane = nodes.find(({ role }) => role === 'control-plane');
  const direct = ready.flatMap(({ addresses: [pod = ''], nodeName }) =>
    nodes.some((node) => node.name === nodeName) ? [{ host: nodeName ?? '', pod }] : [],
  );
  const admin = atHost('admin');
  await connect([
    claim([
      ...ports.map(({ port, path }): ClaimAttempt => ({
        role: 'observation',
        from: admin,
        to: { name: `${namespace}/${name} port ${port}`, target: { kind: 'http', url: `http://${address}:${port}${path}` } },
        expect: { status: 200 },
      })),
      {
        role: 'control',
        from: admin,
        to: { name: 'a port that is not published', target: { kind: 'tcp', host: address, port: closedPort } },
        expect: 'not-reached',
      },
      {
        role: 'control',
        from: admin,
        to: { name: 'a Kubernetes API server', target: { kind: 'tcp', host: controlPlane?.address ?? '', port: 6443 } },
        expect: 'reached',
      },
      // From the pod's own node, which no policy keeps away from it: what fails above is the way to the pod.
      ...direct.flatMap(({ host, pod }, index) =>
        ports.map(({ target, path }): ClaimAttempt => ({
          role: 'control',
          from: { ...atHost(host), name: `the node of pod ${index + 1}` },
          to: { name: `its pod ${index + 1}, port ${target}`, target: { kind: 'http', url: `http://${pod}:${target}${path}` } },
          expect: { status: 200 },
        })),
      ),
    ]),
  ]);
  control(
    equal(`endpoints of ${namespace}/${name} that were asked themselves`, { expected: String(ready.length), saw: String(direct.length) }),
  );
}

async function serviceOf(kubernetes: Kubernetes, { namespace, name }: AccessPoint): Promise<V1Service | undefined> {
  try {
    return await kubernetes.core.readNamespacedService({ namespace, name });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** By the field that the guide uses, or by MetalLB's annotation in its old and new name (MetalLB 0.14: Usage). */
function requested(service: V1Service | undefined): string {
  const annotations = service?.metadata?.annotations ?? {};
  return (
    service?.spec?.loadBalancerIP ??
    annotations['metallb.io/loadBalancerIPs'] ??
    annotations['metallb.universe.tf/loadBalancerIPs'] ??
    'none'
  );
}

/** A named target port is the number that the endpoints have for it. */
function portsOf(service: V1Service | undefined, endpoints: readonly { readonly name?: string; readonly port?: number }[]): string[] {
  return (service?.spec?.ports ?? []).map(
    ({ name, port, targetPort }) => `${port} -> ${endpoints.find((each) => (each.name ?? '') === (name ?? ''))?.port ?? targetPort}`,
  );
}
