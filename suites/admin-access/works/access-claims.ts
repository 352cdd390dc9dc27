import type { Cluster } from '../../../harness/platform/cluster.ts';
import { type Claim, type Destination, denial, reach } from '../../../harness/probe/claims.ts';
import type { EchoGroup } from '../../fixtures/echo-group.ts';
import { internet } from '../internet.ts';
import { atHosts, oneOfEachKind, outsiders, workstation } from '../vantages.ts';
import { type Askers, sourcesOf } from './anchors.ts';

/** The claims of this suite in short: who gets to the guide's access points, who does not, and who asks whom inside the platform. */
export function accessClaims(cluster: Cluster, { platform }: Pick<Askers, 'platform'>, alice: EchoGroup): Claim[] {
  const points = accessPoints(cluster);
  const ownService: Destination = {
    name: "the tenant's own Service",
    target: { kind: 'tcp', host: alice.service.clusterIp, port: 80 },
  };
  const denied = { to: points, targetAnswers: workstation };
  return [
    denial({ ...denied, from: atHosts(outsiders), sameSourceReaches: internet(cluster) }),
    denial({ ...denied, from: sourcesOf(alice, 'alice').slice(0, 1), sameSourceReaches: ownService }),
    reach({ from: atHosts(oneOfEachKind), to: points }),
    reach({
      from: platform.flatMap((group) => sourcesOf(group, group.namespace).slice(0, 1)),
      to: parts.map(({ name, port }): Destination => ({
        name: `${name}, port ${port}`,
        target: { kind: 'tcp', host: `${name}.svc.cluster.local`, port },
      })),
    }),
  ];
}

/** The same before something is changed: what does not hold then cannot be judged afterwards. */
export function asControls({ attempts }: Claim): Claim {
  return {
    attempts: attempts.map((each) => ({
      ...each,
      role: 'control',
      expect: each.expect === 'denied' ? 'not-reached' : each.expect,
    })),
  };
}

/** The access points of the guide's table. */
export function accessPoints({ documented }: Pick<Cluster, 'documented'>): Destination[] {
  const { longhorn, canine, opencost } = documented.services;
  return [
    { name: 'the Longhorn UI', target: { kind: 'tcp', host: longhorn.address, port: 80 } },
    { name: 'the dashboard', target: { kind: 'tcp', host: canine.address, port: 80 } },
    { name: 'the OpenCost UI', target: { kind: 'tcp', host: opencost.address, port: 80 } },
    { name: 'the OpenCost API', target: { kind: 'tcp', host: opencost.address, port: 9003 } },
  ];
}

/** Ports of the guide's charts that the platform's parts ask each other at. */
const parts = [
  { name: 'prometheus-server.prometheus-system', port: 80 },
  { name: 'opencost.opencost', port: 9003 },
  { name: 'longhorn-backend.longhorn-system', port: 9500 },
  { name: 'canine.canine', port: 80 },
];
