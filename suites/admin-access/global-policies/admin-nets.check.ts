import type { V1Pod, V1Service } from '@kubernetes/client-node';
import { type NamedRange, overlaps } from '../../../guide/overlaps.ts';
import { equal, noneOf } from '../../../harness/engine/measured.ts';
import { type IpPool, dryRunIpPool, ipPools } from '../../../harness/platform/calico/address-ranges.ts';
import { balancedRanges } from '../../../harness/platform/metallb/address-pools.ts';
import { check } from '../check.ts';
import { requirements } from '../requirements.ts';

check(requirements['ADM-GNP-ADMIN-NETS-DISJOINT'], async ({ cluster, observe, control, hint, signal }) => {
  hint(async () => 'kubectl get ippools,ipaddresspools -A -o yaml: which range holds addresses of administrators (E15)?');
  const { kubernetes, documented } = cluster;
  const { workstation } = documented.adminSources;
  const [pools, balanced, pods, services, planted] = await Promise.all([
    ipPools(kubernetes),
    balancedRanges(kubernetes),
    kubernetes.core.listPodForAllNamespaces(),
    kubernetes.core.listServiceForAllNamespaces(),
    dryRunIpPool(kubernetes, { name: 'conform-planted', cidr: workstation }, signal),
  ]);
  const admins = Object.entries(documented.adminSources).map(([name, range]): NamedRange => ({ name: `admins (${name})`, range }));
  const withAdmins = (ranges: readonly NamedRange[]): string[] =>
    overlaps([...admins, ...ranges]).filter((text) => text.startsWith('admins'));
  observe(
    noneOf('ranges of the cluster that hold admin addresses', {
      saw: withAdmins([
        ...pools.flatMap(rangeOfPool),
        { name: 'pods as documented', range: documented.podCidr },
        { name: 'Services', range: documented.serviceCidr },
        { name: 'nodes', range: documented.lan.cidr },
        ...balanced,
      ]),
    }),
  );
  observe(noneOf('pods that have an admin address', { saw: withAdmins(pods.items.flatMap(addressOfPod)) }));
  observe(noneOf('Services that have an admin address', { saw: withAdmins(services.items.flatMap(addressesOfService)) }));
  control(
    equal('a planted pool of pods (dry run), which holds the workstation, read alike', {
      expected: [`admins (workstation) and pods (conform-planted ${workstation})`],
      saw: withAdmins(rangeOfPool(planted)),
    }),
  );
});

/** Addresses of administrators are IPv4; other pools have none of them. */
function rangeOfPool({ metadata, spec }: IpPool): NamedRange[] {
  return spec.cidr.includes(':') ? [] : [{ name: `pods (${metadata.name} ${spec.cidr})`, range: spec.cidr }];
}

function alone(name: string, address: string): NamedRange {
  return { name: `${name} ${address}`, range: `${address}/32` };
}

function addressOfPod({ metadata, status }: V1Pod): NamedRange[] {
  return status?.podIP === undefined ? [] : [alone(`${metadata?.namespace}/${metadata?.name}`, status.podIP)];
}

function addressesOfService({ metadata, spec, status }: V1Service): NamedRange[] {
  const addresses = [
    ...(spec?.clusterIPs ?? []).filter((address) => address !== 'None'),
    ...(spec?.externalIPs ?? []),
    ...(status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []),
  ];
  return addresses.map((address) => alone(`${metadata?.namespace}/${metadata?.name}`, address));
}
