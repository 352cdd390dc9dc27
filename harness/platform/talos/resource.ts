import { parseAllDocuments } from 'yaml';
import type { ResourceMessage } from './messages.ts';

/** A resource of a Talos node: what a controller of the node keeps up to date. */
export interface TalosResource<T = unknown> {
  readonly type: string;
  readonly namespace: string;
  readonly id: string;
  readonly version: string;
  readonly phase: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: T;
  /** The spec as it was sent. */
  readonly yaml: string;
}

/** Type and default namespace of the resources that the suites read (machinery v1.11: resources/). */
const types = {
  addresses: ['AddressStatuses.net.talos.dev', 'network'],
  addressspecs: ['AddressSpecs.net.talos.dev', 'network'],
  disks: ['Disks.block.talos.dev', 'runtime'],
  discoveredvolumes: ['DiscoveredVolumes.block.talos.dev', 'runtime'],
  etcdmembers: ['EtcdMembers.etcd.talos.dev', 'etcd'],
  extensionstatuses: ['ExtensionStatuses.runtime.talos.dev', 'runtime'],
  hostnamespecs: ['HostnameSpecs.net.talos.dev', 'network'],
  hostnamestatuses: ['HostnameStatuses.net.talos.dev', 'network'],
  kernelparamstatuses: ['KernelParamStatuses.runtime.talos.dev', 'runtime'],
  kubeletspecs: ['KubeletSpecs.kubernetes.talos.dev', 'k8s'],
  kubespanconfigs: ['KubeSpanConfigs.kubespan.talos.dev', 'config'],
  links: ['LinkStatuses.net.talos.dev', 'network'],
  machineconfigs: ['MachineConfigs.config.talos.dev', 'config'],
  machinestatuses: ['MachineStatuses.runtime.talos.dev', 'runtime'],
  machinetypes: ['MachineTypes.config.talos.dev', 'config'],
  members: ['Members.cluster.talos.dev', 'cluster'],
  mountstatuses: ['MountStatuses.block.talos.dev', 'runtime'],
  nftableschains: ['NfTablesChains.net.talos.dev', 'network'],
  nodeaddresses: ['NodeAddresses.net.talos.dev', 'network'],
  nodeipconfigs: ['NodeIPConfigs.kubernetes.talos.dev', 'k8s'],
  nodenames: ['Nodenames.kubernetes.talos.dev', 'k8s'],
  operatorspecs: ['OperatorSpecs.net.talos.dev', 'network'],
  platformmetadatas: ['PlatformMetadatas.talos.dev', 'runtime'],
  resolvers: ['ResolverStatuses.net.talos.dev', 'network'],
  resourcedefinitions: ['ResourceDefinitions.meta.cosi.dev', 'meta'],
  routes: ['RouteStatuses.net.talos.dev', 'network'],
  routespecs: ['RouteSpecs.net.talos.dev', 'network'],
  services: ['Services.v1alpha1.talos.dev', 'runtime'],
  systemdisks: ['SystemDisks.block.talos.dev', 'runtime'],
  timestatuses: ['TimeStatuses.v1alpha1.talos.dev', 'runtime'],
  volumestatuses: ['VolumeStatuses.block.talos.dev', 'runtime'],
} as const;

/** An alias of this file, or a type by its full name together with a namespace. */
export type TypeName = keyof typeof types | `${string}.dev`;

export function typeOf(name: TypeName, namespace?: string): { type: string; namespace: string } {
  const [type, home] = name in types ? types[name as keyof typeof types] : [name, 'runtime'];
  return { type, namespace: namespace ?? home };
}

export function resourceOf<T>({ metadata, spec }: ResourceMessage): TalosResource<T> {
  const yaml = spec?.yamlSpec ?? '';
  const { type, namespace, id, version, phase, labels } = metadata;
  return { type, namespace, id, version, phase, labels, yaml, spec: specOf(yaml) as T };
}

/** A machine configuration may be several documents; it is handed out as text. */
function specOf(yaml: string): unknown {
  const documents = parseAllDocuments(yaml);
  return Array.isArray(documents) && documents.length === 1 ? (documents[0]?.toJS() as unknown) : yaml;
}
