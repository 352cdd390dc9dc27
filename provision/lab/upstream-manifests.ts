import { readFile, readdir } from 'node:fs/promises';
import { parseAllDocuments, stringify } from 'yaml';
import type { Profile } from '../../guide/cluster.ts';
import type { UpstreamManifest } from '../steps/step.ts';
import type { Components } from './components/build.ts';
import type { ClusterPki } from './pki/cluster-pki.ts';

/** A Kubernetes object as YAML gives it. */
// oxlint-disable-next-line typescript/no-explicit-any -- upstream objects of every kind, edited field by field
type KubernetesObject = Record<string, any>;

export interface UpstreamContext {
  readonly components: Components;
  readonly pki: ClusterPki;
  readonly profile: Profile;
}

/** KubePrism's address: what runs on a node's network reaches the API there before any Service works. */
const kubePrism = { host: '127.0.0.1', port: '7445' };

/** An upstream's own manifest with what its operator or chart would set at the guide's values. */
export async function upstreamManifest(name: UpstreamManifest, context: UpstreamContext): Promise<string> {
  const objects = await builders[name](context);
  return objects.map((object) => stringify(object)).join('---\n');
}

const builders: Record<UpstreamManifest, (context: UpstreamContext) => Promise<KubernetesObject[]>> = {
  calico,
  'calico-api-server': calicoApiServer,
  metallb: ({ components }) => load(components, 'metallb', ['config/manifests/metallb-native.yaml']),
  'metrics-server': metricsServer,
  'longhorn-crds': longhornCrds,
  'cert-manager': certManager,
  'velero-crds': veleroCrds,
};

/**
 * Calico without its operator (no module has it): the module's own VXLAN manifest, in the namespace and with the pool that
 * the operator would make of the guide's custom-resources.yaml (192.168.0.0/16: erratum E15) or of the corrected one.
 */
async function calico({ components, profile }: UpstreamContext): Promise<KubernetesObject[]> {
  const objects = await load(components, 'calico', ['manifests/calico-vxlan.yaml']);
  for (const object of objects) {
    moveNamespace(object, 'kube-system', 'calico-system');
    if (object['kind'] === 'DaemonSet') configureCalicoNode(object, profile);
  }
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'calico-system', labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kubernetes-services-endpoint', namespace: 'calico-system' },
      data: { KUBERNETES_SERVICE_HOST: kubePrism.host, KUBERNETES_SERVICE_PORT: kubePrism.port },
    },
    ...objects,
  ];
}

function configureCalicoNode(daemonSet: KubernetesObject, profile: Profile): void {
  const container = daemonSet['spec'].template.spec.containers[0];
  const settings: Record<string, string> = {
    CALICO_IPV4POOL_CIDR: profile === 'as-written' ? '192.168.0.0/16' : '10.244.0.0/16',
    CALICO_IPV4POOL_BLOCK_SIZE: '26',
    IP_AUTODETECTION_METHOD: 'kubernetes-internal-ip',
  };
  container.env = [
    ...container.env.filter(({ name }: { name: string }) => !(name in settings)),
    ...Object.entries(settings).map(([name, value]) => ({ name, value })),
  ];
  eagerAtStartOnly(container);
  const install = daemonSet['spec'].template.spec.initContainers.find(({ name }: { name: string }) => name === 'install-cni');
  install.env = [
    ...install.env,
    { name: 'UPDATE_CNI_BINARIES', value: 'false' },
    { name: 'KUBERNETES_SERVICE_HOST', value: mappedLoopback },
  ];
}

/**
 * Both probes of the manifest run a program in the container, which costs a tenth of a second of processor time; six nodes would
 * do so all day. Felix tells both by HTTP (the program asks it there, too); whether it is ready is asked often only until it is.
 */
function eagerAtStartOnly(container: KubernetesObject): void {
  const asked = (path: string): object => ({ httpGet: { host: 'localhost', path, port: 9099 }, periodSeconds: 10, timeoutSeconds: 10 });
  container['livenessProbe'] = { ...asked('/liveness'), initialDelaySeconds: 10, failureThreshold: 6 };
  container['startupProbe'] = { ...asked('/readiness'), periodSeconds: 2, failureThreshold: 300 };
  container['readinessProbe'] = asked('/readiness');
}

/**
 * KubePrism's host as an IPv6 address that stands for it. install-cni puts brackets around whatever it is given
 * (cni-plugin/pkg/install), and Go takes no IPv4 address in them since 1.25.2: no pod would start on a node until
 * calico-node has written the plugin's kubeconfig anew.
 */
const mappedLoopback = `::ffff:${kubePrism.host}`;

function moveNamespace(object: KubernetesObject, from: string, to: string): void {
  if (object['metadata']?.namespace === from) object['metadata'].namespace = to;
  const template = object['spec']?.template?.metadata;
  if (template?.namespace === from) template.namespace = to;
  for (const subject of object['subjects'] ?? []) if (subject.namespace === from) subject.namespace = to;
}

/** Calico's API server, with the serving certificate that the operator would make. */
async function calicoApiServer({ components, pki }: UpstreamContext): Promise<KubernetesObject[]> {
  const objects = await load(components, 'calico', ['manifests/apiserver.yaml']);
  const serving = await pki.serving(['calico-api.calico-apiserver.svc']);
  for (const object of objects) {
    if (object['kind'] === 'APIService') object['spec'].caBundle = Buffer.from(pki.authority).toString('base64');
    if (object['kind'] === 'Deployment') {
      const container = object['spec'].template.spec.containers[0];
      container.image = `docker.io/${container.image}`;
      container.readinessProbe.periodSeconds = 2;
    }
  }
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'calico-apiserver-certs', namespace: 'calico-apiserver' },
    stringData: { 'apiserver.crt': serving.certificate, 'apiserver.key': serving.key },
  };
  const [namespace, ...rest] = objects;
  return [...(namespace === undefined ? [] : [namespace]), secret, ...rest];
}

/** The module's base with its kustomization's labels and the released image: the components.yaml of the release. */
async function metricsServer({ components }: UpstreamContext): Promise<KubernetesObject[]> {
  const objects = await load(
    components,
    'metrics-server',
    ['rbac', 'service', 'deployment', 'apiservice'].map((part) => `manifests/base/${part}.yaml`),
  );
  const labels = { 'k8s-app': 'metrics-server' };
  for (const object of objects) {
    object['metadata'].labels = { ...object['metadata'].labels, ...labels };
    if (object['kind'] === 'Service') object['spec'].selector = { ...object['spec'].selector, ...labels };
    if (object['kind'] === 'Deployment') configureMetricsServer(object, labels);
  }
  return objects;
}

function configureMetricsServer(deployment: KubernetesObject, labels: Record<string, string>): void {
  const { spec } = deployment as { spec: KubernetesObject };
  spec['selector'] = { matchLabels: labels };
  spec['template'].metadata = { ...spec['template'].metadata, labels };
  const container = spec['template'].spec.containers[0];
  container.image = 'registry.k8s.io/metrics-server/metrics-server:v0.7.2';
}

/** What Longhorn's chart would put on its definitions; the labels in deploy/longhorn.yaml of the guide's release. */
const longhornLabels = {
  'app.kubernetes.io/name': 'longhorn',
  'app.kubernetes.io/instance': 'longhorn',
  'app.kubernetes.io/version': 'v1.10.1',
};

/** Longhorn's own resource definitions, a chart template in which only the labels vary; those of v1.10.1 are the module's, v1.10.0. */
async function longhornCrds({ components }: UpstreamContext): Promise<KubernetesObject[]> {
  const text = await readFile(components.upstreamFile('longhorn-manager', 'k8s/crds.yaml'), 'utf8');
  const labels = Object.entries(longhornLabels).map(([name, value]) => `\n    ${name}: ${value}`);
  return parseObjects(text.replaceAll(' {{- include "longhorn.labels" . | nindent 4 }}', labels.join('')));
}

/** Of cert-manager's chart: its definitions, and the rights of its three accounts. */
const certManagerFiles = [
  ...['certificaterequests', 'certificates', 'challenges', 'clusterissuers', 'issuers', 'orders'].map(
    (name) => `deploy/crds/crd-${name}.yaml`,
  ),
  ...['rbac', 'cainjector-rbac', 'webhook-rbac'].map((name) => `deploy/charts/cert-manager/templates/${name}.yaml`),
];

/**
 * Templates of cert-manager's chart in which names, namespaces and labels vary and nothing else, at the chart's default values; and
 * the authority that the lab's ACME server is known by, where the guide's is known to everybody.
 */
async function certManager({ components, pki }: UpstreamContext): Promise<KubernetesObject[]> {
  const texts = await Promise.all(certManagerFiles.map((path) => readFile(components.upstreamFile('cert-manager', path), 'utf8')));
  const authorities = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'public-authorities', namespace: 'cert-manager' },
    data: { 'ca.crt': pki.everybodys.certificate },
  };
  return [authorities, ...texts.map(certManagerNames).flatMap(parseObjects)];
}

/** Every value that these templates take at the chart's defaults (its values.yaml and _helpers.tpl), the release named as in the guide. */
const certManagerValues: Readonly<Record<string, string>> = {
  'cert-manager.name': 'cert-manager',
  'cert-manager.fullname': 'cert-manager',
  'cert-manager.serviceAccountName': 'cert-manager',
  'cert-manager.namespace': 'cert-manager',
  'cainjector.name': 'cainjector',
  'cainjector.fullname': 'cert-manager-cainjector',
  'cainjector.serviceAccountName': 'cert-manager-cainjector',
  'webhook.name': 'webhook',
  'webhook.fullname': 'cert-manager-webhook',
  'webhook.serviceAccountName': 'cert-manager-webhook',
  '.Release.Name': 'cert-manager',
  '.Values.global.leaderElection.namespace': 'kube-system',
};

/** A line that is one action decides on values that are all true by default, or brings labels of the chart's version. */
export function certManagerNames(template: string): string {
  const lines = template.split('\n').filter((line) => !/^\s*\{\{-?[^}]*\}\}\s*$/.test(line));
  return lines
    .join('\n')
    .replaceAll(/\{\{-?\s*(?:(?:template|include)\s+"([^"]+)"\s+\.|(\.[\w.]+))\s*\}\}/g, (action, named: string, value: string) => {
      const filled = certManagerValues[named ?? value];
      if (filled === undefined) throw new Error(`a template of cert-manager's chart has ${action}, which has no value here`);
      return filled;
    });
}

/** Velero's own resource definitions, a file for each. */
async function veleroCrds({ components }: UpstreamContext): Promise<KubernetesObject[]> {
  const folders = ['config/crd/v1/bases', 'config/crd/v2alpha1/bases'];
  const paths = folders.map(async (path) =>
    (await readdir(components.upstreamFile('velero', path))).toSorted().map((name) => `${path}/${name}`),
  );
  return load(components, 'velero', (await Promise.all(paths)).flat());
}

async function load(components: Components, upstream: string, paths: readonly string[]): Promise<KubernetesObject[]> {
  const texts = await Promise.all(paths.map((path) => readFile(components.upstreamFile(upstream, path), 'utf8')));
  return texts.flatMap(parseObjects);
}

function parseObjects(text: string): KubernetesObject[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null);
}
