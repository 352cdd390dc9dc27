import { type Profile, documentedCluster } from '../../guide/cluster.ts';
import type { Capability } from '../../harness/engine/run-record.ts';
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
] as const;
type Releases = Readonly<Record<(typeof upstreamsInCluster)[number], string>>;

/**
 * What is real in the lab, what has a stand-in (docs/stand-ins.md says how far each goes), and what cannot run there. Versions
 * are those of the component pins; one that the pins do not tell is `unknown`.
 */
export async function labCapabilities(profile: Profile): Promise<Readonly<Record<string, Capability>>> {
  const entries = await Promise.all(upstreamsInCluster.map(async (name) => [name, await pinnedRelease(name)] as const));
  return capabilitiesOf(Object.fromEntries(entries) as Releases, documentedCluster(profile).versions.calico);
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
    talosctl: {
      kind: 'stand-in',
      for: 'talosctl',
      reason: 'Talos is not published as Go modules; a small program has the commands of the guide that read, over the same API',
    },
    'talos-os': {
      kind: 'absent',
      reason:
        "a node of the lab is not installed from Talos's image: it has no installer to upgrade or to reset it, and no maintenance mode",
    },
    'machine-sizes': { kind: 'absent', reason: 'all nodes of a lab share the processors and the memory of one machine' },
    'spare-machine': {
      kind: 'absent',
      reason: 'the lab makes the documented nodes with their configuration: no other machine waits for one',
    },
    'time-service': { kind: 'absent', reason: 'all nodes of a lab have the clock of one machine, and none sets it' },
    vsphere: { kind: 'absent', reason: 'the nodes of a lab are no virtual machines of vSphere' },
    'next-kubernetes': { kind: 'absent', reason: 'the lab is built with one release of Kubernetes, and has none to upgrade to' },
    downloads: { kind: 'absent', reason: 'a lab has no link to the Internet: nothing can be had at its addresses' },
    'guide-scripts': { kind: 'real', version: 'the scripts of the guide on the admin workstation, in the form of the profile' },
    'registry-mirrors': {
      kind: 'absent',
      reason: 'registry.vaheed.net is a host outside the cluster that the guide assumes; the lab has no upstream registries to mirror',
    },
    'cert-manager': { kind: 'absent', reason: 'OPT-1 is not installed: the lab has neither its modules nor an ACME server' },
    'ingress-nginx': {
      kind: 'absent',
      reason: 'OPT-2 is not installed: the controller is built on nginx with Lua modules that are not published as Go modules',
    },
    falco: { kind: 'absent', reason: 'OPT-5 is not installed: it needs kernel probes, which a shared kernel does not give' },
    velero: { kind: 'absent', reason: 'OPT-3 is not installed: the lab has neither Velero nor an object store' },
    'dedicated-worker': { kind: 'absent', reason: 'OPT-7 is not applied: it would take a worker from the tenants' },
    longhorn: { kind: 'real', version: longhornVersion(releases) },
    // Checks of the documented release itself need it.
    'longhorn-release': {
      kind: 'absent',
      reason: `the lab is built with ${longhornVersion(releases)}, since no module proxy serves all parts of one release; the guide installs v1.10.1`,
    },
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
    'cost-alerts': { kind: 'absent', reason: 'OPT-4 is not applied: its PrometheusRule needs an operator that the guide does not install' },
    'invoice-schedule': { kind: 'absent', reason: "OPT-6's line is in nobody's crontab: the admin workstation of the lab runs no cron" },
  };
}
