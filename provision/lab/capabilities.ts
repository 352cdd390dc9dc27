import { type Profile, documentedCluster } from '../../guide/cluster.ts';
import type { Capability } from '../../harness/engine/run-record.ts';
import { type OptionName, optionOfCapability } from '../options.ts';
import { pinnedRelease } from './components/pins.ts';

const upstreamsInCluster = [
  'kubernetes',
  'calico',
  'metallb',
  'metrics-server',
  'prometheus',
  'kube-state-metrics',
  'node-exporter',
  'longhorn-manager',
  'longhorn-engine',
  'longhorn-instance-manager',
  'longhorn-share-manager',
  'opencost',
  'distribution',
  'cert-manager',
  'pebble',
  'velero',
  'versitygw',
] as const;
type Releases = Readonly<Record<(typeof upstreamsInCluster)[number], string>>;

/**
 * What is real in the lab, what has a stand-in (docs/stand-ins.md says how far each goes), and what cannot run there. Versions
 * are those of the component pins; one that the pins do not tell is `unknown`.
 */
export async function labCapabilities(profile: Profile, options: readonly OptionName[]): Promise<Readonly<Record<string, Capability>>> {
  const entries = await Promise.all(upstreamsInCluster.map(async (name) => [name, await pinnedRelease(name)] as const));
  const releases = Object.fromEntries(entries) as Releases;
  return { ...capabilitiesOf(releases, documentedCluster(profile).versions.calico), ...optional(releases, options) };
}

/** What the guide's optional sections bring, where the lab was built with them. */
function optional(releases: Releases, options: readonly OptionName[]): Readonly<Record<string, Capability>> {
  const offered: Readonly<Record<string, Capability>> = {
    'cert-manager': {
      kind: 'real',
      version: `${releases['cert-manager']}, with the ACME server Pebble ${releases.pebble} in the place of Let's Encrypt`,
    },
    velero: { kind: 'real', version: `${releases.velero}, with the S3 server Versity ${releases.versitygw}` },
    'velero-plugin-for-aws': {
      kind: 'stand-in',
      for: "Velero's plugin for S3",
      reason: 'its modules cannot be had; a small program of the same plugin protocol takes objects to a real S3 server',
    },
    'alerting-rules': { kind: 'real', version: `rules in Prometheus ${releases.prometheus}` },
    'dedicated-worker': { kind: 'real', version: 'taint, labels and tolerations of w01' },
  };
  return Object.fromEntries(Object.entries(offered).map(([name, capability]) => [name, withOption(name, capability, options)]));
}

function withOption(name: string, capability: Capability, options: readonly OptionName[]): Capability {
  const option = optionOfCapability[name];
  if (option === undefined || options.includes(option)) return capability;
  return { kind: 'absent', reason: `${option.toUpperCase()} is not installed: \`conform up --with ${option}\`` };
}

/** Checks of the documented release itself need the capability `calico-release`. */
function calico(built: string, documented: string): Readonly<Record<string, Capability>> {
  if (built === documented) return { calico: { kind: 'real', version: built }, 'calico-release': { kind: 'real', version: built } };
  const difference = `the lab is built with ${built}, the newest release whose modules can be had; the guide installs ${documented}`;
  return { calico: { kind: 'real', version: built }, 'calico-release': { kind: 'absent', reason: difference } };
}

/** Its parts are of different releases, since no module proxy serves all of one. */
function longhornVersion(releases: Releases): string {
  return [
    releases['longhorn-manager'],
    `engine ${releases['longhorn-engine']}`,
    `instance manager ${releases['longhorn-instance-manager']}`,
    `share manager ${releases['longhorn-share-manager']}`,
  ].join(', ');
}

function capabilitiesOf(releases: Releases, documentedCalico: string): Readonly<Record<string, Capability>> {
  return {
    kubernetes: { kind: 'real', version: releases.kubernetes },
    ...calico(releases.calico, documentedCalico),
    'calico-operator': {
      kind: 'absent',
      reason: "the modules of Tigera's operator are not published; the lab's steps apply the objects that it would make",
    },
    metallb: { kind: 'real', version: releases.metallb },
    'metrics-server': { kind: 'real', version: releases['metrics-server'] },
    prometheus: {
      kind: 'real',
      version: `${releases.prometheus}, kube-state-metrics ${releases['kube-state-metrics']}, node-exporter ${releases['node-exporter']}`,
    },
    'outside-vantage': { kind: 'real', version: 'network namespaces with the documented addresses' },
    'node-power': { kind: 'real', version: 'process trees that die at once' },
    vip: {
      kind: 'stand-in',
      for: "Talos's VIP election",
      reason: 'Talos is not published as Go modules; etcdctl holds the same election in etcd',
    },
    'node-shell': { kind: 'stand-in', for: 'a Talos node', reason: 'a Debian user space with the Talos services stands for it' },
    'talos-api': {
      kind: 'stand-in',
      for: "Talos's API",
      reason: 'Talos is not published as Go modules; the same gRPC API shows and changes the real state of the nodes',
    },
    'talos-firewall': {
      kind: 'stand-in',
      for: "Talos's host firewall",
      reason: 'Talos is not published as Go modules; nftables has the same rules, from the same documents',
    },
    'guide-scripts': { kind: 'real', version: 'the scripts of the guide on the admin workstation, in the form of the profile' },
    'registry-mirrors': { kind: 'real', version: `registry ${releases.distribution}, with images of the lab and no upstream to ask` },
    'ingress-nginx': {
      kind: 'absent',
      reason: 'OPT-2 is not installed: the controller is built on nginx with Lua modules that are not published as Go modules',
    },
    falco: { kind: 'absent', reason: 'OPT-5 is not installed: it needs kernel probes, which a shared kernel does not give' },
    longhorn: { kind: 'real', version: longhornVersion(releases) },
    'longhorn-ui': {
      kind: 'stand-in',
      for: "Longhorn's web application",
      reason: 'it is no part of the modules; a small page shows what the real manager answers',
    },
    iscsi: {
      kind: 'stand-in',
      for: 'iSCSI transport',
      reason:
        "Longhorn's own tgtd cannot be had, nor may every kernel be an initiator: a loop device takes requests to the real engine. " +
        'What an initiator does while its target is gone is not shown; data, replicas, failures and recovery are those of the real engine',
    },
    nfs: {
      kind: 'stand-in',
      for: 'NFS',
      reason: 'not every kernel has a client for it: a shared volume goes from the real share manager to the nodes by SFTP',
    },
    canine: {
      kind: 'stand-in',
      for: 'Canine',
      reason: 'a Ruby on Rails application that cannot be had here; the same REST API and Kubernetes objects',
    },
    opencost: { kind: 'real', version: releases.opencost },
    'opencost-ui': {
      kind: 'stand-in',
      for: "OpenCost's web page",
      reason: 'the web application is no part of the module; a small page shows the answers of the real API',
    },
    'opencost-mcp': {
      kind: 'stand-in',
      for: "OpenCost's MCP server",
      reason: 'the newest release that can be had has none; the same protocol gives the answers of the real API',
    },
  };
}
