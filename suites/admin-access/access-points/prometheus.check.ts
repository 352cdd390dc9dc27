import { check } from '../../fixtures/check.ts';
import { anchor, denied, every, platformNames, sourcesOf, targetsLike, tenantNames } from '../../fixtures/cells.ts';
import { connectionMatrix } from '../../fixtures/connection-matrix.ts';
import { platform } from '../../fixtures/groups.ts';
import { noneOf } from '../../../harness/engine/measured.ts';
import { connections } from '../../../harness/probe/connections.ts';
import { readCells } from '../../../harness/probe/matrix.ts';
import { closedDoors, strangersReachOthers } from './closed.ts';
import { platformDoors, withDoors } from '../doors.ts';
import { requirements } from '../requirements.ts';
import { outsiders } from '../vantages.ts';

/** Guide: OpenCost, Step 1. */
const namespace = 'prometheus-system';

check(
  requirements['ADM-PROMETHEUS-HIDDEN'],
  async (context) => {
    const {
      cluster: { kubernetes },
      hint,
      observe,
    } = context;
    hint(async () => `kubectl get services,ingresses -n ${namespace} -o wide; for port 9100 of nodes, their firewall (E96)`);
    const [services, ingresses, matrix, groups, doors] = await Promise.all([
      kubernetes.core.listNamespacedService({ namespace }),
      kubernetes.networking.listNamespacedIngress({ namespace }),
      connectionMatrix(),
      platform(),
      platformDoors(),
    ]);
    observe(
      noneOf('Services with a way in from outside', {
        saw: services.items
          .filter(({ metadata }) => metadata?.name?.startsWith('conform-') !== true)
          .filter(({ spec }) => spec?.type !== 'ClusterIP' || (spec.externalIPs ?? []).length > 0)
          .map(({ metadata, spec }) => `${metadata?.name} ${spec?.type} ${spec?.externalIPs?.join(', ') ?? ''}`.trim()),
      }),
    );
    observe(noneOf('Ingresses', { saw: ingresses.items.map(({ metadata }) => metadata?.name ?? '') }));
    const within = tenantNames.flatMap((name) => sourcesOf(matrix, name));
    const internal = targetsLike(
      matrix,
      /^(pod prometheus-system\/prometheus-server-[^:]+:9090|service prometheus-system\/prometheus-server:80)$/,
    );
    const exporters = targetsLike(matrix, /^(cp|w)\d+:9100$/);
    await readCells(context, matrix, [
      ...every(matrix, [...outsiders, ...within], exporters, denied),
      ...every(matrix, within, internal, denied),
      ...every(matrix, outsiders, internal, { role: 'observation', expect: 'not-reached' }),
      ...platformNames.flatMap((name) => every(matrix, sourcesOf(matrix, name), [...internal, ...exporters], anchor)),
      ...strangersReachOthers(matrix),
    ]);
    const opencost = groups.find((group) => group.namespace === 'opencost') ?? groups[0];
    if (opencost === undefined) throw new Error('the platform has namespaces');
    await connections(context, [
      ...closedDoors(doors.prometheus),
      {
        role: 'control',
        expect: { status: 200 },
        from: opencost.pods[0].place,
        to: { kind: 'http', url: `http://prometheus-server.${namespace}.svc.cluster.local/-/ready` },
        name: "Prometheus, which OpenCost's namespace reaches",
      },
    ]);
  },
  { uses: ['connection-matrix', ...withDoors.uses] },
);
