import type { V1Service } from '@kubernetes/client-node';
import { equal, noneOf } from '../../../harness/engine/measured.ts';
import { type Claim, reach } from '../../../harness/probe/claims.ts';
import type { ConnectionMatrix } from '../../fixtures/connection-matrix.ts';
import { fromKind, toKind } from '../../fixtures/matrix-parts.ts';
import { platformNames, tenantNames } from '../../fixtures/names.ts';
import { check } from '../check.ts';
import { requirements } from '../requirements.ts';
import { closedDoors, insidersOf, living, outsidersOf } from './closed.ts';
import { readPublishing, waysInTo } from './ways-in.ts';

/** Guide: OpenCost, Step 1. */
const namespace = 'prometheus-system';
const [ownPort, exporterPort] = [9090, 9100];

check(requirements['ADM-PROMETHEUS-HIDDEN'], async (context, { matrix, platform, platformDoors: { prometheus } }) => {
  const { cluster, connect, control, hint, observe } = context;
  hint(async () => `kubectl get services,ingresses -n ${namespace} -o wide; for port ${exporterPort} of nodes, their firewall (E96)`);
  const opencost = platform.find((group) => group.namespace === 'opencost');
  if (opencost === undefined) throw new Error('there is no echo group in opencost');
  const url = `http://prometheus-server.${namespace}.svc.cluster.local/-/ready`;
  const from = { name: `opencost on ${opencost.pods[0].node}`, place: opencost.pods[0].place };
  await connect([
    ...closedInsideAndOut(matrix),
    closedDoors(cluster, prometheus),
    asControls(reach({ from, to: { name: 'Prometheus, for OpenCost', target: { kind: 'http', url } }, status: 200 })),
  ]);
  const [{ items }, all] = await Promise.all([cluster.kubernetes.core.listNamespacedPod({ namespace }), readPublishing(cluster)]);
  // Exporters live in their nodes' own network: those are tried by their port above.
  const pods = items.filter(({ spec }) => spec?.hostNetwork !== true);
  const ofNamespace = all.services.filter((service) => service.metadata?.namespace === namespace && isPublished(service));
  observe(
    noneOf('Services of its namespace with a way in from outside', {
      saw: ofNamespace.map(({ metadata, spec }) => `${metadata?.name} ${spec?.type} ${spec?.externalIPs?.join(', ') ?? ''}`.trim()),
    }),
  );
  observe(
    noneOf('Services, Ingresses and host ports anywhere that publish its pods', { saw: waysInTo(pods, all).map(({ name }) => name) }),
  );
  observe(
    noneOf('Ingresses of its namespace', {
      saw: all.ingresses.filter(({ metadata }) => metadata?.namespace === namespace).map(({ metadata }) => metadata?.name ?? ''),
    }),
  );
  const balanced = 'longhorn-system/longhorn-frontend-lb';
  control(
    equal("the Service of Longhorn's UI, which has a way in, found alike", {
      expected: balanced,
      saw:
        all.services
          .filter(isPublished)
          .map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`)
          .find((name) => name === balanced) ?? 'not found',
    }),
  );
});

/** Attempts that prove that something is there, and that the promise is not about. */
function asControls({ attempts }: Claim): Claim {
  return { attempts: attempts.map((each) => ({ ...each, role: 'control' })) };
}

/** Whether a Service has a way in from outside, address or port. */
function isPublished({ spec }: V1Service): boolean {
  return (spec?.type ?? 'ClusterIP') !== 'ClusterIP' || (spec?.externalIPs ?? []).length > 0;
}

/** Neither hosts on no list nor tenants reach Prometheus or the exporters of the nodes; the platform does. */
function closedInsideAndOut(matrix: ConnectionMatrix): Claim[] {
  const internal = {
    to: matrix.targets(
      living(
        (service) => service.namespace === namespace && service.name === 'prometheus-server' && service.port === 80,
        (pod) => pod.namespace === namespace && pod.workload === 'prometheus-server' && pod.port === ownPort,
      ),
      { atLeast: 2 },
    ),
    targetAnswers: matrix.sources(fromKind('platform'), { atLeast: platformNames.length }),
  };
  const exporters = {
    to: matrix.targets(
      toKind('node', ({ port }) => port === exporterPort),
      { atLeast: 1 },
    ),
    targetAnswers: internal.targetAnswers,
  };
  const outside = outsidersOf(matrix);
  return [
    matrix.unreached({ ...outside, ...internal }),
    matrix.denial({ ...outside, ...exporters }),
    ...insidersOf(matrix, tenantNames).flatMap((each) => [
      matrix.denial({ ...each, ...internal }),
      matrix.denial({ ...each, ...exporters }),
    ]),
  ];
}
