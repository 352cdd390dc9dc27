import { beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { documentedCluster, profiles } from '../../guide/cluster.ts';
import type { UpstreamManifest } from '../steps/step.ts';
import { componentsInCache } from './components/build.ts';
import { images } from './images/catalogue.ts';
import { type ClusterPki, createClusterPki } from './pki/cluster-pki.ts';
import { certManagerNames, upstreamManifest } from './upstream-manifests.ts';

interface Container {
  name: string;
  image: string;
  args?: string[];
  env?: { name: string; value?: string }[];
}
interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  spec?: {
    group?: string;
    selector?: { matchLabels?: Record<string, string> };
    caBundle?: string;
    template?: { metadata?: { labels?: Record<string, string> }; spec: { containers: Container[]; initContainers?: Container[] } };
  };
  stringData?: Record<string, string>;
}

const workloads: UpstreamManifest[] = ['calico', 'calico-api-server', 'metallb', 'metrics-server'];
const names: UpstreamManifest[] = [...workloads, 'longhorn-crds'];
const { missing, components } = await componentsInCache();
const reason = missing.length === 0 ? '' : ` (not in the cache: ${missing.join(', ')})`;

describe.skipIf(missing.length > 0)(`upstream manifests${reason}`, () => {
  const texts = new Map<string, string>();
  let pki: ClusterPki;

  beforeAll(async () => {
    pki = await createClusterPki(documentedCluster('corrected'));
    for (const profile of profiles)
      for (const name of names) texts.set(`${name} ${profile}`, await upstreamManifest(name, { components, pki, profile }));
  });

  const textOf = (name: UpstreamManifest, profile = 'corrected'): string => texts.get(`${name} ${profile}`) ?? '';
  const objectsOf = (name: UpstreamManifest, profile = 'corrected'): KubernetesObject[] =>
    parseAllDocuments(textOf(name, profile)).map((document) => document.toJS() as KubernetesObject);
  const containersOf = (name: UpstreamManifest, profile = 'corrected'): Container[] =>
    objectsOf(name, profile).flatMap(({ spec }) => [
      ...(spec?.template?.spec.initContainers ?? []),
      ...(spec?.template?.spec.containers ?? []),
    ]);
  const settingOf = (profile: string, setting: string): (string | undefined)[] =>
    containersOf('calico', profile)
      .filter(({ name }) => name === 'calico-node')
      .flatMap(({ env = [] }) => env.filter(({ name }) => name === setting).map(({ value }) => value));

  it.each(names)('%s has only objects with kind and name', (name) => {
    expect(objectsOf(name).filter((object) => !object?.apiVersion || !object.kind || !object.metadata?.name)).toEqual([]);
  });

  it.each(workloads)('%s runs only images that the lab has, under their full names', (name) => {
    const had = new Set(images.flatMap(({ references }) => references));
    expect(
      containersOf(name)
        .map(({ image }) => image)
        .filter((image) => !had.has(image)),
    ).toEqual([]);
  });

  it.each(workloads)('%s runs something', (name) => {
    expect(containersOf(name).length).toBeGreaterThan(0);
  });

  it('Calico says nowhere kube-system', () => {
    expect(
      textOf('calico')
        .split('\n')
        .filter((line) => line.includes('kube-system')),
    ).toEqual([]);
  });

  it('Calico makes its namespace before anything in it', () => {
    expect(objectsOf('calico')[0]).toMatchObject({ kind: 'Namespace', metadata: { name: 'calico-system' } });
  });

  it('Calico reaches the API without a Service', () => {
    expect(objectsOf('calico').find(({ metadata }) => metadata.name === 'kubernetes-services-endpoint')).toMatchObject({
      metadata: { namespace: 'calico-system' },
      data: { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '7445' },
    });
  });

  it.each([
    ['as-written', ['192.168.0.0/16']],
    ['corrected', [documentedCluster('corrected').podCidr]],
  ])("Calico's pool %s is %s, once (erratum E15)", (profile, pool) => {
    expect(settingOf(profile, 'CALICO_IPV4POOL_CIDR')).toEqual(pool);
  });

  it('Calico finds the node address by Kubernetes, once', () => {
    expect(settingOf('corrected', 'IP_AUTODETECTION_METHOD')).toEqual(['kubernetes-internal-ip']);
  });

  it('Calico differs between the profiles by its pool alone', () => {
    expect(textOf('calico', 'as-written').replace('192.168.0.0/16', '10.244.0.0/16')).toBe(textOf('calico'));
  });

  it("Calico's API server is trusted by the API", () => {
    const [service] = objectsOf('calico-api-server').filter(({ kind }) => kind === 'APIService');
    expect(Buffer.from(service?.spec?.caBundle ?? '', 'base64').toString()).toBe(pki.authority);
  });

  it("Calico's API server has its namespace first and its certificate second", () => {
    expect(
      objectsOf('calico-api-server')
        .slice(0, 2)
        .map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    ).toEqual(['Namespace calico-apiserver', 'Secret calico-apiserver-certs']);
  });

  it('MetalLB is the same in both profiles', () => {
    expect(textOf('metallb', 'as-written')).toBe(textOf('metallb'));
  });

  it("metrics-server is without the guide's two arguments, which its step adds", () => {
    expect(
      containersOf('metrics-server')
        .flatMap(({ args = [] }) => args)
        .filter((arg) => ['--kubelet-preferred-address-types=InternalIP', '--kubelet-insecure-tls'].includes(arg)),
    ).toEqual([]);
  });

  it('Longhorn has its 22 resource definitions, of one API group', () => {
    expect(objectsOf('longhorn-crds').map(({ kind, spec }) => `${kind} ${spec?.group}`)).toEqual(
      Array.from({ length: 22 }, () => 'CustomResourceDefinition longhorn.io'),
    );
  });

  it("Longhorn's definitions carry the labels of the guide's release", () => {
    expect(
      objectsOf('longhorn-crds').filter(
        ({ metadata }) => metadata.labels?.['app.kubernetes.io/version'] !== 'v1.10.1' || metadata.labels['longhorn-manager'] !== '',
      ),
    ).toEqual([]);
  });

  it('Longhorn leaves nothing of its chart template', () => {
    expect(textOf('longhorn-crds')).not.toContain('{{');
  });

  it.each(workloads)('%s has Deployments that select their own pods', (name) => {
    const lost = objectsOf(name).filter(({ spec }) => {
      const wanted = Object.entries(spec?.selector?.matchLabels ?? {});
      return spec?.template !== undefined && wanted.some(([key, value]) => spec.template?.metadata?.labels?.[key] !== value);
    });
    expect(lost.map(({ metadata }) => metadata.name)).toEqual([]);
  });
});

describe("templates of cert-manager's chart", () => {
  it('take the names of the release, and lose what decides and what only the chart knows', () => {
    const template = [
      '{{- if .Values.global.rbac.create }}',
      'name: {{ template "cert-manager.fullname" . }}:leaderelection',
      'namespace: {{ .Values.global.leaderElection.namespace }}',
      `app: '{{ template "webhook.name" . }}'`,
      '    {{- include "labels" . | nindent 4 }}',
      '{{- end }}',
    ];
    expect(certManagerNames(template.join('\n'))).toBe("name: cert-manager:leaderelection\nnamespace: kube-system\napp: 'webhook'");
  });

  it('are refused when they ask for something else', () => {
    expect(() => certManagerNames('replicas: {{ .Values.replicaCount }}')).toThrow('.Values.replicaCount');
  });
});
