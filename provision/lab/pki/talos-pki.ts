import { randomBytes } from 'node:crypto';
import { stringify } from 'yaml';
import type { DocumentedCluster, DocumentedNode } from '../../../guide/cluster.ts';
import { type Credential, createAuthority } from './authority.ts';

/** Roles that a caller of Talos's API can have; its certificate's organisation names one. */
export type TalosRole = 'os:admin' | 'os:operator' | 'os:reader' | 'os:etcd:backup';

/** What the Talos API of a cluster trusts, and the cluster's other secrets that Talos generates. */
export interface TalosPki {
  /** Authority of the Talos API, PEM; the key is marked as Talos marks it. */
  readonly authority: Credential;
  readonly clusterId: string;
  readonly clusterSecret: string;
  readonly machineToken: string;
  readonly bootstrapToken: string;
  readonly secretboxSecret: string;
  /** Files below /etc/talos/pki of a node: its API's certificate, and for control planes the one to call other nodes with. */
  nodeFiles(node: DocumentedNode): Promise<Readonly<Record<string, string>>>;
  /** A talosconfig for a caller with a role, as `talosctl gen config` writes it. */
  talosconfig(role: TalosRole, targets?: TalosTargets): Promise<string>;
}

/** What `talosctl config endpoint` and `talosctl config node` add; without, the file is as generated (erratum E14). */
export interface TalosTargets {
  readonly endpoints: readonly string[];
  readonly nodes: readonly string[];
}

/** Erratum E14: every control plane is an endpoint, and the first one is asked unless another node is named. */
export function targetsOf(cluster: DocumentedCluster): TalosTargets {
  const controlPlanes = cluster.nodes.filter(({ role }) => role === 'control-plane').map(({ address }) => address);
  return { endpoints: controlPlanes, nodes: controlPlanes.slice(0, 1) };
}

export async function createTalosPki(cluster: DocumentedCluster): Promise<TalosPki> {
  const authority = await createAuthority('talos', 'ed25519');
  return {
    authority: { certificate: authority.certificate, key: talosKey(authority.key) },
    clusterId: secret(),
    clusterSecret: secret(),
    machineToken: token(),
    bootstrapToken: token(),
    secretboxSecret: secret(),
    nodeFiles: async (node) => {
      const { dns, addresses } = apiNames(cluster, node);
      const server = await authority.issue({ commonName: node.name, dns, addresses });
      const client = await authority.issue({ commonName: node.name, organization: 'os:impersonator' });
      return {
        'ca.crt': authority.certificate,
        ...files('apid', server),
        ...(node.role === 'control-plane' ? files('apid-client', client) : {}),
      };
    },
    talosconfig: async (role, targets) => {
      const client = await authority.issue({ commonName: role, organization: role });
      return talosconfig(cluster.name, { authority: authority.certificate, client, targets });
    },
  };
}

/** Names and addresses of a node's API: its own, and the guide's `certSANs` on control planes (Step 5). */
function apiNames(cluster: DocumentedCluster, node: DocumentedNode): { dns: string[]; addresses: string[] } {
  const controlPlanes = cluster.nodes.filter(({ role }) => role === 'control-plane').map(({ address }) => address);
  if (node.role === 'worker') return { dns: [node.name, 'localhost'], addresses: [node.address, '127.0.0.1'] };
  return {
    dns: [node.name, 'localhost', cluster.vip.hostname],
    addresses: [...new Set([node.address, cluster.vip.address, ...controlPlanes, '127.0.0.1'])],
  };
}

function talosconfig(
  context: string,
  { authority, client, targets }: { authority: string; client: Credential; targets: TalosTargets | undefined },
): string {
  const place = targets === undefined ? { endpoints: [] } : targets;
  const content = {
    context,
    contexts: { [context]: { ...place, ca: base64(authority), crt: base64(client.certificate), key: base64(talosKey(client.key)) } },
  };
  return stringify(content, { indent: 4, lineWidth: 0 });
}

/** Talos marks keys with their algorithm. */
function talosKey(pem: string): string {
  return pem.replaceAll('PRIVATE KEY', 'ED25519 PRIVATE KEY');
}

function files(name: string, { certificate, key }: Credential): Record<string, string> {
  return { [`${name}.crt`]: certificate, [`${name}.key`]: key };
}

function secret(): string {
  return randomBytes(32).toString('base64');
}

/** As kubeadm's bootstrap tokens: six characters, a dot, sixteen. */
function token(): string {
  return `${randomBytes(3).toString('hex')}.${randomBytes(8).toString('hex')}`;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
