import type { DocumentedCluster, Profile } from '../../guide/cluster.ts';

/** A command of the guide as its reader types it. */
export interface DocumentedCommand {
  /** The guide's heading. */
  readonly guide: string;
  readonly command: string;
  /** What its output must hold. */
  readonly shows: RegExp;
}

const talosctl = 'talosctl --talosconfig talosconfig';
const kubectl = 'kubectl --kubeconfig=kubeconfig';

/** Its words for a pattern, literally. */
function literally(text: string): string {
  return text.replaceAll('.', String.raw`\.`);
}

function answeredBy(address: string): RegExp {
  return new RegExp(`NODE:\\s+${literally(address)}\\s`);
}

function tableOf(address: string, ...words: readonly string[]): RegExp {
  return new RegExp([literally(address), ...words.map(literally)].join('.*'));
}

type Nodes = DocumentedCluster['nodes'];

function addressesOf({ nodes }: { nodes: Nodes }, role?: Nodes[number]['role']): string[] {
  return nodes.filter((node) => role === undefined || node.role === role).map(({ address }) => address);
}

/**
 * Guide, Step 10: the listing of hostnames. Corrected for E03 and E14: the field is asked for by its name, and its error is seen.
 */
export function hostnameListing({ nodes }: Pick<DocumentedCluster, 'nodes'>, profile: Profile): string {
  const ask: Record<Profile, string> = {
    'as-written': `${talosctl} --nodes $node get hostname 2>/dev/null | awk 'NR==2{print $2}'`,
    corrected: `${talosctl} -e $node -n $node get hostname -o jsonpath={.spec.hostname}`,
  };
  return `for node in ${addressesOf({ nodes }).join(' ')}; do\n  echo -n "$node → hostname: "\n  ${ask[profile]}\ndone`;
}

/**
 * The talosctl lines of the guide, each with its own flags; one that would change the cluster is replaced by `version`, which reads.
 * Corrected for E14 (the talosconfig has endpoints), E53 (mounts in place of df) and E54 (the talosconfig and a node are named).
 */
export function talosctlLines(cluster: DocumentedCluster, profile: Profile): DocumentedCommand[] {
  const [plane = ''] = addressesOf(cluster, 'control-plane');
  const [worker = ''] = addressesOf(cluster, 'worker');
  const version = (guide: string, address: string, flags: string, own = talosctl): DocumentedCommand => ({
    guide,
    command: `${own} ${flags} version`,
    shows: answeredBy(address),
  });
  const lines: DocumentedCommand[] = [
    version('Step 9: Bootstrap Cluster', plane, `--endpoints ${plane} --nodes ${plane}`),
    ...addressesOf(cluster).map((address) => ({
      guide: 'Step 10: Verify Static Hostnames',
      command: `${talosctl} --nodes ${address} get hostname`,
      shows: tableOf(address, 'HostnameStatus'),
    })),
    ...addressesOf(cluster, 'worker').map((address) => version('Prepare Worker Disks for Longhorn', address, `--nodes ${address}`)),
    { guide: 'etcd Snapshot', command: `${talosctl} --nodes ${plane} etcd status`, shows: new RegExp(literally(plane)) },
    version('Kubernetes Upgrade', plane, `--nodes ${plane}`),
    ...addressesOf(cluster).map((address) => version('Talos OS Upgrade', address, `--nodes ${address}`)),
    version('Static Hostname Not Applied', worker, `--nodes ${worker}`, profile === 'as-written' ? 'talosctl' : talosctl),
    { guide: 'Nodes Not Ready', command: `${talosctl} --nodes ${worker} service kubelet status`, shows: /STATE\s+Running/ },
    ...vipLines(cluster, profile),
    ...diskLines(cluster, profile),
    ...addressesOf(cluster).map((address) => version('Emergency Cluster Reset', address, `-n ${address} -e ${address}`)),
  ];
  // Several headings have the same words: they are tried once.
  return lines.filter(({ command }, index) => lines.findIndex((other) => other.command === command) === index);
}

/** Guide, VIP Not Responding. Corrected for E54: a control plane's own address is asked, and a node is named. */
export function vipLines(cluster: DocumentedCluster, profile: Profile): DocumentedCommand[] {
  const guide = 'VIP Not Responding';
  const planes = addressesOf(cluster, 'control-plane');
  const [plane = ''] = planes;
  const flags = (address: string): string => (profile === 'as-written' ? `--nodes ${address}` : `-e ${address} -n ${address}`);
  const members = profile === 'as-written' ? `--endpoints ${cluster.vip.address}` : flags(plane);
  return [
    ...planes.map((address) => ({ guide, command: `${talosctl} ${flags(address)} get links | grep -A 2 ens192`, shows: /ens192/ })),
    { guide, command: `${talosctl} ${flags(plane)} service etcd status`, shows: /STATE\s+Running/ },
    {
      guide,
      command: `${talosctl} ${members} get members`,
      shows: new RegExp(cluster.nodes.map(({ name }) => `(?=[^]*\\s${name}\\s)`).join('')),
    },
  ];
}

/** Guide, Longhorn – Volumes Not Attaching. Corrected for E53: talosctl has no `df`. */
export function diskLines(cluster: DocumentedCluster, profile: Profile): DocumentedCommand[] {
  const guide = 'Longhorn – Volumes Not Attaching';
  return addressesOf(cluster, 'worker').flatMap((address) =>
    profile === 'as-written'
      ? [{ guide, command: `${talosctl} --nodes ${address} df /dev/sdb`, shows: /\/dev\/sdb/ }]
      : [
          {
            guide,
            command: `${talosctl} --nodes ${address} get discoveredvolumes`,
            shows: new RegExp(`${literally(address)}.*\\ssdb1?\\s.*\\d+ [GT]B`),
          },
          { guide, command: `${talosctl} --nodes ${address} mounts`, shows: tableOf(address, cluster.storage.diskMount) },
        ],
  );
}

/** Guide: the commands for diagnosis that have a target of their own. `logs` prints the newest lines. */
export function diagnosisLines(cluster: DocumentedCluster): DocumentedCommand[] {
  const [worker = ''] = addressesOf(cluster, 'worker');
  const someLine = /\S/;
  return [
    { guide: 'Nodes Not Ready', command: `${talosctl} --nodes ${worker} service kubelet status`, shows: /STATE\s+Running/ },
    { guide: 'Nodes Not Ready', command: `${kubectl} get pods -n calico-system`, shows: /calico-node/ },
    { guide: 'Nodes Not Ready', command: `${kubectl} logs -n calico-system -l k8s-app=calico-node --tail=50`, shows: someLine },
    { guide: 'Nodes Not Ready', command: `${kubectl} describe node w01`, shows: /^Name:\s+w01$/m },
    { guide: 'MetalLB Not Assigning IPs', command: `${kubectl} get pods -n metallb-system -l component=speaker`, shows: /speaker-/ },
    {
      guide: 'MetalLB Not Assigning IPs',
      command: `${kubectl} logs -n metallb-system -l component=controller --tail=100`,
      shows: someLine,
    },
    {
      guide: 'MetalLB Not Assigning IPs',
      command: `${kubectl} get ipaddresspool,l2advertisement -n metallb-system -o yaml`,
      shows: /kind: IPAddressPool[^]*kind: L2Advertisement/,
    },
    {
      guide: 'Longhorn – Volumes Not Attaching',
      command: `${kubectl} logs -n longhorn-system -l app=longhorn-manager --tail=100`,
      shows: someLine,
    },
    { guide: 'Longhorn – Volumes Not Attaching', command: `${kubectl} get volumes -n longhorn-system`, shows: /pvc-/ },
    { guide: 'Longhorn – Volumes Not Attaching', command: `${kubectl} get nodes.longhorn.io -n longhorn-system`, shows: /^w01\s/m },
    { guide: 'GlobalNetworkPolicy Not Blocking', command: `${kubectl} get globalnetworkpolicy`, shows: someLine },
  ];
}

/** Guide, Quick Reference. */
export const healthCommand = `${talosctl} health`;

/**
 * Guide, Test Static Hostnames: the listing of nodes with their status. Corrected for E55: the status of the condition Ready, which
 * alone tells a node that is well from one that is not.
 */
export const nodeListings: Record<Profile, string> = {
  'as-written': `${kubectl} get nodes -o custom-columns='NAME:.metadata.name,IP:.status.addresses[0].address,STATUS:.status.conditions[-1].type'`,
  corrected: `${kubectl} get nodes -o custom-columns='NAME:.metadata.name,IP:.status.addresses[0].address,READY:.status.conditions[?(@.type=="Ready")].status'`,
};

/** By node: the last column of a listing. */
export function lastColumns(listing: string): Map<string, string> {
  const lines = listing.split('\n').slice(1);
  return new Map(
    lines.flatMap((line): [string, string][] => {
      const words = line.trim().split(/\s+/);
      return words.length < 2 ? [] : [[words[0] ?? '', words.at(-1) ?? '']];
    }),
  );
}

/** By address: the hostname that Step 10's listing prints. */
export function listedHostnames(listing: string): Map<string, string> {
  return new Map(
    [...listing.matchAll(/^(\d+(?:\.\d+){3}) → hostname: ?(\S*)$/gm)].map(([, address = '', name = '']): [string, string] => [
      address,
      name,
    ]),
  );
}
