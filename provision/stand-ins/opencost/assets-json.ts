import type { AnyAsset, DiskAsset, LoadBalancerAsset, NodeAsset } from './assets.ts';
import { hour, minute } from './duration.ts';
import { sorted, windowJson } from './allocation-json.ts';
import { rfc3339, type Window } from './window.ts';

const category = { Node: 'Compute', Disk: 'Storage', LoadBalancer: 'Network' } as const;

/** Of what no node of such a cluster has a measurement: OpenCost reads labels that today's cAdvisor and node-exporter do not set. */
const allIdle = '{"idle":1,"other":0,"system":0,"user":0}';

/** Text of a JSON object, members in the given order; numbers have six decimals in assets. */
function object(members: Readonly<Record<string, string | number>>): string {
  return `{${Object.entries(members)
    .map(([name, member]) => `${JSON.stringify(name)}:${typeof member === 'number' ? member.toFixed(6) : member}`)
    .join(',')}}`;
}

const text = JSON.stringify;

export function totalAssetCost(asset: AnyAsset): number {
  return asset.kind === 'Node' ? asset.cpuCost + asset.ramCost + asset.gpuCost : asset.cost;
}

/** A set of assets as the API prints it (core/pkg/opencost/asset_json.go): an object, one member an asset. */
export function assetsJson(assets: readonly AnyAsset[], window: Window): string {
  return object(Object.fromEntries(sorted(new Map(assets.map((asset) => [assetKey(asset), assetJson(asset, window)])))));
}

function assetKey(asset: AnyAsset): string {
  const none = '__undefined__';
  const parts = [
    'custom',
    none,
    none,
    category[asset.kind],
    asset.cluster,
    asset.kind,
    'Kubernetes',
    asset.providerID || none,
    asset.name || none,
  ];
  return parts.join('/');
}

function assetJson(asset: AnyAsset, window: Window): string {
  const { start, end, cluster, name, providerID, kind } = asset;
  const properties = {
    category: category[kind],
    provider: 'custom',
    service: 'Kubernetes',
    cluster,
    name,
    ...(providerID === '' ? {} : { providerID }),
  };
  const labels =
    kind === 'Node' ? Object.fromEntries(sorted(new Map(Object.entries(asset.labels).filter(([, label]) => label !== '')))) : {};
  return object({
    type: text(kind),
    properties: text(properties),
    labels: text(labels),
    window: text(windowJson(window)),
    start: text(rfc3339(start)),
    end: text(rfc3339(end)),
    minutes: (end - start) / minute,
    ...ownMembers(asset),
  });
}

function ownMembers(asset: AnyAsset): Record<string, string | number> {
  switch (asset.kind) {
    case 'Node':
      return nodeMembers(asset);
    case 'Disk':
      return diskMembers(asset);
    case 'LoadBalancer':
      return loadBalancerMembers(asset);
  }
}

function nodeMembers(node: NodeAsset): Record<string, string | number> {
  const hours = (node.end - node.start) / hour;
  const total = totalAssetCost(node);
  const overheadCost = total === 0 ? 0 : (node.cpuOverhead * node.cpuCost + node.ramOverhead * node.ramCost) / total;
  return {
    nodeType: text(node.nodeType),
    cpuCores: node.cpuCores,
    ramBytes: node.ramBytes,
    cpuCoreHours: node.cpuCores * hours,
    ramByteHours: node.ramBytes * hours,
    GPUHours: node.gpuCount * hours,
    cpuBreakdown: allIdle,
    ramBreakdown: allIdle,
    preemptible: 0,
    discount: 0,
    cpuCost: node.cpuCost,
    gpuCost: node.gpuCost,
    gpuCount: node.gpuCount,
    ramCost: node.ramCost,
    adjustment: 0,
    overhead: text({ CpuOverheadFraction: node.cpuOverhead, RamOverheadFraction: node.ramOverhead, OverheadCostFraction: overheadCost }),
    totalCost: total,
  };
}

function diskMembers(disk: DiskAsset): Record<string, string | number> {
  const hours = (disk.end - disk.start) / hour;
  return {
    byteHours: disk.bytes * hours,
    bytes: disk.bytes,
    byteHoursUsed: disk.bytesUsed === undefined ? 'null' : disk.bytesUsed * hours,
    byteUsageMax: disk.bytesUsedMost ?? 'null',
    breakdown: allIdle,
    adjustment: 0,
    totalCost: disk.cost,
    storageClass: text(disk.storageClass),
    volumeName: text(disk.name),
    claimName: text(disk.claimName),
    claimNamespace: text(disk.claimNamespace),
  };
}

function loadBalancerMembers(loadBalancer: LoadBalancerAsset): Record<string, string | number> {
  return { adjustment: 0, totalCost: loadBalancer.cost, private: text(loadBalancer.private), ip: text(loadBalancer.ip) };
}
