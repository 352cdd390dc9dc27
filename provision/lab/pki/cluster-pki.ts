import { stringify } from 'yaml';
import type { DocumentedCluster, DocumentedNode } from '../../../guide/cluster.ts';
import { type Authority, type Credential, createAuthority, createTokenKeys } from './authority.ts';
import { type TalosPki, createTalosPki } from './talos-pki.ts';

/** Files below /etc/kubernetes of one node, by path. */
export type NodeFiles = Readonly<Record<string, string>>;

export interface ClusterPki {
  /** The administrator's kubeconfig, as `talosctl kubeconfig` would write it (guide: Step 9). */
  readonly adminKubeconfig: string;
  nodeFiles(node: DocumentedNode): Promise<NodeFiles>;
  /** Serving certificate of an in-cluster API server, signed by the cluster's authority. */
  serving(dns: readonly string[]): Promise<Credential>;
  readonly authority: string;
  /** Stands for the authorities that everybody trusts; the nodes do, and what the lab gives it to. */
  readonly everybodys: Pick<Authority, 'certificate' | 'issue'>;
  readonly talos: TalosPki;
  /** What a control plane's machine configuration holds of Kubernetes and etcd, PEM. */
  readonly secrets: ClusterSecrets;
}

export interface ClusterSecrets {
  readonly kubernetes: Credential;
  readonly etcd: Credential;
  readonly frontProxy: Credential;
  readonly serviceAccountKey: string;
}

/** Where a node reaches the API: Talos's KubePrism, not the VIP, so that nodes stay up when the VIP is gone. */
const kubePrism = 'https://127.0.0.1:7445';
const localApi = 'https://127.0.0.1:6443';

/** All authorities, certificates and kubeconfigs of one cluster, as Talos generates them. */
export async function createClusterPki(cluster: DocumentedCluster): Promise<ClusterPki> {
  const [kubernetes, etcd, frontProxy, everybodys, token, talos] = await Promise.all([
    createAuthority('kubernetes'),
    createAuthority('etcd'),
    createAuthority('front-proxy'),
    createAuthority('public authority of the lab'),
    createTokenKeys(),
    createTalosPki(cluster),
  ]);
  const admin = await kubernetes.issue({ commonName: 'admin', organization: 'system:masters' });
  const shared = { cluster, kubernetes, etcd, frontProxy, token };
  return {
    authority: kubernetes.certificate,
    everybodys,
    talos,
    secrets: { kubernetes: pair(kubernetes), etcd: pair(etcd), frontProxy: pair(frontProxy), serviceAccountKey: token.privateKey },
    adminKubeconfig: kubeconfig(`https://${cluster.vip.hostname}:6443`, kubernetes, admin),
    nodeFiles: (node) => nodeFiles(shared, node),
    serving: (dns) => kubernetes.issue({ commonName: dns[0] ?? 'server', dns }),
  };
}

interface Shared {
  readonly cluster: DocumentedCluster;
  readonly kubernetes: Authority;
  readonly etcd: Authority;
  readonly frontProxy: Authority;
  readonly token: { publicKey: string; privateKey: string };
}

async function nodeFiles(shared: Shared, node: DocumentedNode): Promise<NodeFiles> {
  const kubelet = await shared.kubernetes.issue({
    commonName: `system:node:${node.name}`,
    organization: 'system:nodes',
    dns: [node.name],
    addresses: [node.address],
  });
  return {
    'pki/ca.crt': shared.kubernetes.certificate,
    ...credential('pki/kubelet', kubelet),
    'kubelet.kubeconfig': kubeconfig(kubePrism, shared.kubernetes, kubelet),
    ...(node.role === 'control-plane' ? await controlPlaneFiles(shared, node) : {}),
  };
}

async function controlPlaneFiles({ cluster, kubernetes, etcd, frontProxy, token }: Shared, node: DocumentedNode): Promise<NodeFiles> {
  const apiServer = kubernetes.issue({
    commonName: 'kube-apiserver',
    dns: [
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
      'localhost',
      cluster.vip.hostname,
      node.name,
    ],
    addresses: [cluster.apiServiceAddress, cluster.vip.address, '127.0.0.1', ...controlPlanes(cluster).map(({ address }) => address)],
  });
  const etcdServer = etcd.issue({ commonName: node.name, dns: [node.name, 'localhost'], addresses: [node.address, '127.0.0.1'] });
  const etcdClient = etcd.issue({ commonName: 'kube-apiserver' });
  const kubeletClient = kubernetes.issue({ commonName: 'kube-apiserver-kubelet-client', organization: 'system:masters' });
  const frontProxyClient = frontProxy.issue({ commonName: 'front-proxy-client' });
  const controllerManager = await kubernetes.issue({ commonName: 'system:kube-controller-manager' });
  const scheduler = await kubernetes.issue({ commonName: 'system:kube-scheduler' });
  return {
    'pki/ca.key': kubernetes.key,
    'pki/etcd-ca.crt': etcd.certificate,
    'pki/front-proxy-ca.crt': frontProxy.certificate,
    'pki/service-account.pub': token.publicKey,
    'pki/service-account.key': token.privateKey,
    ...credential('pki/apiserver', await apiServer),
    ...credential('pki/etcd', await etcdServer),
    ...credential('pki/etcd-client', await etcdClient),
    ...credential('pki/kubelet-client', await kubeletClient),
    ...credential('pki/front-proxy-client', await frontProxyClient),
    'controller-manager.kubeconfig': kubeconfig(localApi, kubernetes, controllerManager),
    'scheduler.kubeconfig': kubeconfig(localApi, kubernetes, scheduler),
  };
}

function controlPlanes(cluster: DocumentedCluster): DocumentedNode[] {
  return cluster.nodes.filter(({ role }) => role === 'control-plane');
}

function pair({ certificate, key }: Authority): Credential {
  return { certificate, key };
}

function credential(path: string, { certificate, key }: Credential): NodeFiles {
  return { [`${path}.crt`]: certificate, [`${path}.key`]: key };
}

function kubeconfig(server: string, authority: Authority, user: Credential): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'talos29', cluster: { server, 'certificate-authority-data': base64(authority.certificate) } }],
    users: [{ name: 'user', user: { 'client-certificate-data': base64(user.certificate), 'client-key-data': base64(user.key) } }],
    contexts: [{ name: 'talos29', context: { cluster: 'talos29', user: 'user' } }],
    'current-context': 'talos29',
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
