import { X509Certificate, createPrivateKey } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type DocumentedNode, documentedCluster } from '../../../guide/cluster.ts';
import { type ClusterPki, type NodeFiles, createClusterPki } from './cluster-pki.ts';

const cluster = documentedCluster('corrected');
const files = new Map<string, NodeFiles>();
let pki: ClusterPki;

beforeAll(async () => {
  pki = await createClusterPki(cluster);
  await Promise.all(cluster.nodes.map(async (node) => files.set(node.name, await pki.nodeFiles(node))));
});

const named = ({ name, role }: DocumentedNode): [string, string] => [name, role];
const controlPlanes = cluster.nodes.filter(({ role }) => role === 'control-plane');
const workers = cluster.nodes.filter(({ role }) => role === 'worker');

function file(node: string, path: string): string {
  const text = files.get(node)?.[path];
  if (text === undefined) throw new Error(`${node} has no ${path}`);
  return text;
}

const certificate = (node: string, path: string): X509Certificate => new X509Certificate(file(node, path));
const addressOf = (node: string): string => cluster.nodes.find(({ name }) => name === node)?.address ?? '';

describe.each(cluster.nodes.map(named))('the kubelet of %s (%s)', (name) => {
  const kubelet = (): X509Certificate => certificate(name, 'pki/kubelet.crt');

  it('is the user of its node in the group of nodes', () =>
    expect(kubelet().subject.split('\n')).toEqual(['O=system:nodes', `CN=system:node:${name}`]));
  it('is signed by the cluster', () => expect(kubelet().verify(new X509Certificate(pki.authority).publicKey)).toBe(true));
  it('is issued by the cluster', () => expect(kubelet().checkIssued(certificate(name, 'pki/ca.crt'))).toBe(true));
  it('serves its own name and address and no other', () =>
    expect(kubelet().subjectAltName).toBe(`DNS:${name}, IP Address:${addressOf(name)}`));
  it('has the key of its certificate', () => expect(kubelet().checkPrivateKey(createPrivateKey(file(name, 'pki/kubelet.key')))).toBe(true));
});

describe.each(controlPlanes.map(({ name }) => [name] as const))('the control plane %s', (name) => {
  it.each<readonly [string, string]>([
    ['the API address of Services', cluster.apiServiceAddress],
    ['the VIP', cluster.vip.address],
    ['the machine itself', '127.0.0.1'],
    ...controlPlanes.map((node) => [node.name, node.address] as const),
  ])('serves the API at the address of %s, %s', (_, address) => {
    expect(certificate(name, 'pki/apiserver.crt').checkIP(address)).toBe(address);
  });

  it.each([cluster.vip.hostname, 'kubernetes', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'localhost'])(
    'serves the API by the name %s',
    (host) => {
      expect(certificate(name, 'pki/apiserver.crt').checkHost(host)).toBe(host);
    },
  );

  it('serves the API at no worker', () => {
    expect(certificate(name, 'pki/apiserver.crt').checkIP(addressOf('w01'))).toBeUndefined();
  });

  it.each([
    ['apiserver', 'ca'],
    ['kubelet-client', 'ca'],
    ['etcd', 'etcd-ca'],
    ['etcd-client', 'etcd-ca'],
    ['front-proxy-client', 'front-proxy-ca'],
  ])('has %s signed by %s', (leaf, root) => {
    expect(certificate(name, `pki/${leaf}.crt`).verify(certificate(name, `pki/${root}.crt`).publicKey)).toBe(true);
  });

  it.each(['apiserver', 'kubelet-client', 'etcd', 'etcd-client', 'front-proxy-client'])('has the key of %s', (leaf) => {
    expect(certificate(name, `pki/${leaf}.crt`).checkPrivateKey(createPrivateKey(file(name, `pki/${leaf}.key`)))).toBe(true);
  });

  it('does not let clients of the cluster be clients of etcd', () => {
    expect(certificate(name, 'pki/kubelet-client.crt').verify(certificate(name, 'pki/etcd-ca.crt').publicKey)).toBe(false);
  });

  it.each([
    ['controller-manager.kubeconfig', 'CN=system:kube-controller-manager'],
    ['scheduler.kubeconfig', 'CN=system:kube-scheduler'],
  ])('has in %s the user %s at its own API server', (path, subject) => {
    const { server, user } = read(file(name, path));
    expect([server, user.subject]).toEqual(['https://127.0.0.1:6443', subject]);
  });
});

it('all control planes sign tokens with one key', () => {
  expect(new Set(controlPlanes.map(({ name }) => file(name, 'pki/service-account.key'))).size).toBe(1);
});

it('no private key is on two nodes, but what control planes share', () => {
  const keys = cluster.nodes.flatMap(({ name }) =>
    Object.entries(files.get(name) ?? {}).filter(
      ([path]) => path.endsWith('.key') && !['pki/ca.key', 'pki/service-account.key'].includes(path),
    ),
  );
  expect(new Set(keys.map(([, text]) => text)).size).toBe(keys.length);
});

describe.each(workers.map(({ name }) => [name] as const))('the worker %s', (name) => {
  it('has its kubelet and nothing else', () => {
    expect(Object.keys(files.get(name) ?? {}).toSorted()).toEqual([
      'kubelet.kubeconfig',
      'pki/ca.crt',
      'pki/kubelet.crt',
      'pki/kubelet.key',
    ]);
  });

  it('has in no file a private key of the cluster', () => {
    const secrets = [file('cp01', 'pki/ca.key'), file('cp01', 'pki/service-account.key')];
    const all = Object.values(files.get(name) ?? {}).join('\n');
    const hidden = all.match(/data: \S+/g)?.map((match) => Buffer.from(match.slice(6), 'base64').toString()) ?? [];
    expect([all, ...hidden].some((text) => secrets.some((secret) => text.includes(secret.trim())))).toBe(false);
  });
});

interface Kubeconfig {
  readonly clusters: readonly [{ name: string; cluster: { server: string; 'certificate-authority-data': string } }];
  readonly users: readonly [{ name: string; user: { 'client-certificate-data': string; 'client-key-data': string } }];
  readonly contexts: readonly [{ name: string; context: { cluster: string; user: string } }];
  readonly 'current-context': string;
}

function read(text: string): { config: Kubeconfig; server: string; authority: string; user: X509Certificate; key: string } {
  const config = parse(text) as Kubeconfig;
  const plain = (data: string): string => Buffer.from(data, 'base64').toString();
  const [{ cluster: at }] = config.clusters;
  const [{ user }] = config.users;
  return {
    config,
    server: at.server,
    authority: plain(at['certificate-authority-data']),
    user: new X509Certificate(plain(user['client-certificate-data'])),
    key: plain(user['client-key-data']),
  };
}

describe('the kubeconfig', () => {
  it('of the administrator reaches the API by its documented name', () => {
    expect(read(pki.adminKubeconfig).server).toBe('https://29.talos.vaheed.net:6443');
  });

  it('of the administrator is a master', () => {
    expect(read(pki.adminKubeconfig).user.subject.split('\n')).toEqual(['O=system:masters', 'CN=admin']);
  });

  it.each(cluster.nodes.map(named))('of the kubelet on %s reaches the API without the VIP', (name) => {
    expect(read(file(name, 'kubelet.kubeconfig')).server).toBe('https://127.0.0.1:7445');
  });

  describe.each([
    ['the administrator', () => pki.adminKubeconfig] as const,
    ...cluster.nodes.map(({ name }) => [`the kubelet on ${name}`, () => file(name, 'kubelet.kubeconfig')] as const),
  ])('of %s', (_, text) => {
    it('trusts the authority of the cluster', () => expect(read(text()).authority).toBe(pki.authority));
    it('has a user that the authority signed', () =>
      expect(read(text()).user.verify(new X509Certificate(pki.authority).publicKey)).toBe(true));

    it('has the key of its user', () => {
      const { user, key } = read(text());
      expect(user.checkPrivateKey(createPrivateKey(key))).toBe(true);
    });

    it('has a current context that leads to its cluster and user', () => {
      const { config } = read(text());
      const [{ name, context }] = config.contexts;
      expect([config['current-context'], context.cluster, context.user]).toEqual([name, config.clusters[0].name, config.users[0].name]);
    });
  });
});

describe('a serving certificate', () => {
  it('is for the name that was asked for', async () => {
    const { certificate: pem } = await pki.serving(['calico-api.calico-apiserver.svc']);
    expect(new X509Certificate(pem).checkHost('calico-api.calico-apiserver.svc')).toBe('calico-api.calico-apiserver.svc');
  });

  it('is signed by the cluster', async () => {
    const { certificate: pem } = await pki.serving(['a.svc']);
    expect(new X509Certificate(pem).verify(new X509Certificate(pki.authority).publicKey)).toBe(true);
  });
});

it('a cluster as written has no address of the third control plane in its API certificate', async () => {
  const asWritten = documentedCluster('as-written');
  const [first] = asWritten.nodes;
  const own = await (await createClusterPki(asWritten)).nodeFiles(first as DocumentedNode);
  expect(new X509Certificate(own['pki/apiserver.crt'] ?? '').checkIP('192.168.29.13')).toBeUndefined();
});
