import { isIP } from 'node:net';
import type { ConfigDocument } from '../../../../harness/platform/talos/machine-config/decode.ts';
import { portRange } from '../firewall/documents.ts';
import { isSubnet } from '../firewall/ip-set.ts';
import { type Interface, type MainDocument, isControlPlane, mainOf } from './configuration.ts';

/**
 * Why Talos would refuse a configuration that it can decode (machinery v1.11: config/types/v1alpha1 validation, config/types/
 * network); empty when it takes it. The texts are Talos's.
 */
export function validationErrors(documents: readonly ConfigDocument[]): string[] {
  const main = mainOf(documents);
  return [...mainErrors(main), ...documents.flatMap(documentErrors)];
}

/** Several errors as one text, as Talos writes them. */
export function errorText(errors: readonly string[]): string {
  const count = errors.length === 1 ? '1 error occurred' : `${errors.length} errors occurred`;
  return `${count}:\n${errors.map((error) => `\t* ${error}\n`).join('')}\n`;
}

function mainErrors(main: MainDocument): string[] {
  const { machine } = main;
  if (machine === undefined) return ['machine instructions are required'];
  return [
    ...clusterErrors(main),
    ...installErrors(machine.install),
    ...(machine.ca === undefined && machine.acceptedCAs === undefined
      ? ['issuing CA or some accepted CAs are required (.machine.ca, machine.acceptedCAs)']
      : []),
    ...(isControlPlane(main) ? controlPlaneErrors(main) : workerErrors(main)),
    ...(machine.network?.interfaces ?? []).flatMap(interfaceErrors),
    ...diskErrors(machine.disks),
    ...kubeSpanErrors(main),
    ...(main.persist === false ? ['.persist should be enabled'] : []),
  ];
}

function clusterErrors(main: MainDocument): string[] {
  const { cluster } = main;
  if (cluster === undefined) return ['cluster instructions are required'];
  const { endpoint } = cluster.controlPlane ?? {};
  if (endpoint === undefined) return ['cluster controlplane endpoint is required'];
  const domain = cluster.network?.dnsDomain ?? '';
  return [
    ...(URL.canParse(endpoint) ? [] : [`invalid controlplane endpoint: parse "${endpoint}": invalid URI for request`]),
    ...(domain === '' || isDnsName(domain) ? [] : [`"${domain}" is not a valid DNS name`]),
    ...(cluster.etcd === undefined || isControlPlane(main) ? [] : ['etcd config is only allowed on control plane machines']),
    ...(!isControlPlane(main) && hasText(cluster.ca?.key) ? ['cluster CA key is not allowed on non-controlplane nodes (.cluster.ca)'] : []),
  ];
}

function installErrors(install: NonNullable<MainDocument['machine']>['install']): string[] {
  if (install === undefined) return ['install instructions are required in "metal" mode'];
  return !hasText(install.disk) && install.diskSelector === undefined ? ['either install disk or diskSelector should be defined'] : [];
}

const cniNames = ['flannel', 'custom', 'none'];

function controlPlaneErrors({ machine, cluster }: MainDocument): string[] {
  return [
    ...cniErrors(cluster?.network?.cni),
    ...(machine?.ca === undefined ? ['issuing CA is required (.machine.ca)'] : []),
    ...(machine?.ca !== undefined && !hasText(machine.ca.key)
      ? ['issuing CA key is required for controlplane nodes (.machine.ca.key)']
      : []),
  ];
}

function cniErrors({ name = 'flannel', urls = [] }: { readonly name?: string; readonly urls?: readonly string[] } = {}): string[] {
  if (!cniNames.includes(name)) return ['cni name should be one of ["flannel", "custom", "none"]'];
  return name !== 'custom' && urls.length > 0 ? [`"urls" field should be empty for "${name}" CNI`] : [];
}

function workerErrors({ machine, cluster }: MainDocument): string[] {
  if (machine?.type !== 'worker') return [`unknown machine type ${JSON.stringify(machine?.type ?? '')}`];
  const addressed = (machine.network?.interfaces ?? []).flatMap((device) => [device, ...(device.vlans ?? [])]);
  return [
    ...addressed
      .filter(({ vip }) => vip !== undefined && vip !== null)
      .map(() => 'virtual (shared) IP is not allowed on non-controlplane nodes'),
    ...(hasText(machine.ca?.key) ? ['issuing Talos API CA key is not allowed on non-controlplane nodes (.machine.ca)'] : []),
    ...(hasText(cluster?.ca?.key) ? ['issuing Kubernetes API CA key is not allowed on non-controlplane nodes (.cluster.ca)'] : []),
  ];
}

const device = 'networking.os.device';

function interfaceErrors(item: Interface): string[] {
  if (item.ignore === true) return [];
  const name = JSON.stringify(item.interface ?? '');
  const unnamed = !hasText(item.interface) && item.deviceSelector === undefined;
  const vip = item.vip?.ip;
  return [
    ...(unnamed ? [`[${device}.interface], [${device}.deviceSelector]: required config section`] : []),
    ...(item.addresses ?? [])
      .filter((address) => !isAddressOrSubnet(address))
      .map((address) => `[${device}.addresses] ${name}: ${addressError(address)}`),
    ...(vip === undefined || isIP(vip) !== 0 ? [] : [`[${device}.vip] failed to parse ${JSON.stringify(vip)} as IP address`]),
    ...(item.routes ?? []).flatMap((route, index) => routeErrors(route, index)),
  ];
}

function routeErrors({ network = '', gateway = '' }: { network?: string; gateway?: string }, index: number): string[] {
  const place = `${device}.route[${index}]`;
  return [
    ...(network === '' || isSubnet(network) ? [] : [`[${place}.network] "${network}": invalid network address`]),
    ...(gateway === '' || isIP(gateway) !== 0 ? [] : [`[${place}.gateway] "${gateway}": invalid network address`]),
    ...(network === '' && gateway === '' ? [`[${place}]: either network or gateway should be set`] : []),
  ];
}

function diskErrors(disks: NonNullable<MainDocument['machine']>['disks'] = []): string[] {
  return disks.flatMap(({ device: disk = '', partitions = [] }) =>
    partitions
      .slice(0, -1)
      .filter(({ size }) => size === undefined || size === 0)
      .map(() => `partition for disk "${disk}" is set to occupy full disk, but it's not the last partition in the list`),
  );
}

function kubeSpanErrors({ machine, cluster }: MainDocument): string[] {
  if (machine?.network?.kubespan?.enabled !== true) return [];
  return [
    ...(cluster?.discovery?.enabled === true ? [] : ['.cluster.discovery should be enabled when .machine.network.kubespan is enabled']),
    ...(hasText(cluster?.id) ? [] : ['.cluster.id should be set when .machine.network.kubespan is enabled']),
    ...(hasText(cluster?.secret) ? [] : ['.cluster.secret should be set when .machine.network.kubespan is enabled']),
  ];
}

function documentErrors({ kind, name, value }: ConfigDocument): string[] {
  if (kind === 'NetworkDefaultActionConfig')
    return isAction(value['ingress'])
      ? []
      : [`error decoding NetworkDefaultActionConfig: ${String(value['ingress'])} does not belong to DefaultAction values`];
  return kind === 'NetworkRuleConfig' ? ruleErrors(name, value) : [];
}

function isAction(value: unknown): boolean {
  return value === undefined || value === 'accept' || value === 'block';
}

function ruleErrors(name: string | undefined, value: Record<string, unknown>): string[] {
  const { ports = [] } = (value['portSelector'] ?? {}) as { ports?: (number | string)[] };
  const rules = (value['ingress'] ?? []) as { subnet?: string; except?: string }[];
  return [
    ...(hasText(name) ? [] : ['name is required']),
    ...(ports.length > 0 ? [] : ['portSelector.ports is required']),
    ...ports.filter((port) => !isPortRange(port)).map((port) => `invalid port range: "${port}"`),
    ...overlaps(ports),
    ...rules.filter(({ subnet = '' }) => !isSubnet(subnet)).map(({ subnet = '' }) => `invalid subnet: ${subnet}`),
    ...rules.filter(({ except = '' }) => except !== '' && !isSubnet(except)).map(({ except = '' }) => `invalid except: ${except}`),
  ];
}

function isPortRange(port: number | string): boolean {
  const range = portRange(port);
  return range !== undefined && range.lo <= range.hi;
}

function overlaps(ports: readonly (number | string)[]): string[] {
  const ranges = ports.flatMap((port) => portRange(port) ?? []).toSorted((a, b) => a.lo - b.lo);
  return ranges.flatMap((range, index) => {
    const before = ranges[index - 1];
    return before !== undefined && before.hi >= range.lo
      ? [`invalid port range: ${range.lo}-${range.hi}, overlaps with ${before.lo}-${before.hi}`]
      : [];
  });
}

function isAddressOrSubnet(text: string): boolean {
  return isIP(text) !== 0 || isSubnet(text);
}

function addressError(text: string): string {
  return text.includes('/') ? `invalid CIDR address: ${text}` : `failed to parse IP address ${JSON.stringify(text)}`;
}

const dnsName = /^([a-zA-Z0-9_][a-zA-Z0-9_-]{0,62})(\.[a-zA-Z0-9_][a-zA-Z0-9_-]{0,62})*[._]?$/;

function isDnsName(text: string): boolean {
  return text.length <= 255 && dnsName.test(text);
}

function hasText(value: string | undefined | null): boolean {
  return typeof value === 'string' && value !== '';
}
