import type { KubernetesObject } from '@kubernetes/client-node';
import { imageReference } from './image-source.ts';
import type { EnvironmentVariable, Project, Service } from './records.ts';

/** What Canine puts on each object that it makes (resources/k8). */
const managed = { caninemanaged: 'true' };

/** An object of any kind, with what its kind has beside the metadata. */
export type Manifest = KubernetesObject & { readonly kind: string; readonly apiVersion: string; readonly [field: string]: unknown };

export interface Deployable {
  readonly project: Project;
  readonly services: readonly DeployableService[];
  readonly environment: readonly EnvironmentVariable[];
  /** Seconds since 1970: a new value rolls the pods. */
  readonly rolloutTimestamp: number;
}

/** A service with the names that it is reached by from outside. */
type DeployableService = Service & { readonly domains: readonly string[] };

export function namespaceOf(project: Project): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: project.namespace, labels: { ...managed } } };
}

/** The chart that Canine installs for a project, with the marks of Helm, which installs it. */
export function chart(deployable: Deployable): Manifest[] {
  const { project, services } = deployable;
  const objects = [configMap(deployable), secret(deployable), ...services.flatMap((service) => serviceObjects(deployable, service))];
  return objects.map((manifest) => ofHelm(project, manifest));
}

/** A one-off pod for a command line. */
export function oneOffPod(project: Project, id: string): Manifest {
  const shell = { name: project.name, image: imageReference(project), command: ['sleep', '3600'], envFrom: environmentFrom(project) };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${project.name}-run-${id}`, namespace: project.namespace, labels: { ...managed, oneoff: 'true' } },
    spec: { restartPolicy: 'Never', containers: [shell] },
  };
}

function serviceObjects(deployable: Deployable, service: DeployableService): Manifest[] {
  if (service.service_type === 'cron_job') return [cronJob(deployable, service)];
  if (service.service_type === 'background_service') return [deployment(deployable, service)];
  const published = service.domains.length > 0 && service.allow_public_networking === 1;
  return [deployment(deployable, service), clusterService(deployable, service), ...(published ? [ingress(deployable, service)] : [])];
}

function configMap({ project, environment }: Deployable): Manifest {
  const data = Object.fromEntries(
    environment.filter(({ storage_type }) => storage_type === 'config').map(({ name, value }) => [name, value]),
  );
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: project.name, namespace: project.namespace, labels: { ...managed } },
    data,
  };
}

function secret({ project, environment }: Deployable): Manifest {
  const secrets = environment.filter(({ storage_type }) => storage_type === 'secret');
  const data = Object.fromEntries(secrets.map(({ name, value }) => [name, Buffer.from(value).toString('base64')]));
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: project.name, namespace: project.namespace, labels: { ...managed } },
    type: 'Opaque',
    data,
  };
}

function deployment({ project, rolloutTimestamp }: Deployable, service: Service): Manifest {
  const labels = { app: service.name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: service.name, namespace: project.namespace, labels: { ...managed, ...labels } },
    spec: {
      replicas: service.replicas,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: { rolloutTimestamp: String(rolloutTimestamp) } },
        spec: { securityContext: { fsGroup: 1001 }, containers: [container(project, service)] },
      },
    },
  };
}

function container(project: Project, service: Service): Record<string, unknown> {
  const httpGet = { path: service.healthcheck_url, port: service.container_port };
  const probe = { httpGet, initialDelaySeconds: 30, periodSeconds: 10 };
  return {
    name: project.name,
    image: imageReference(project),
    imagePullPolicy: 'IfNotPresent',
    ...(service.command === null ? {} : { command: words(service.command) }),
    envFrom: environmentFrom(project),
    ...(service.service_type === 'web_service' ? { ports: [{ containerPort: service.container_port }] } : {}),
    ...(service.healthcheck_url === null ? {} : { livenessProbe: probe, readinessProbe: probe }),
  };
}

function clusterService({ project }: Deployable, service: Service): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${service.name}-service`, namespace: project.namespace, labels: { ...managed, app: service.name } },
    spec: {
      selector: { app: service.name },
      ports: [{ protocol: 'TCP', port: 80, targetPort: service.container_port }],
      type: 'ClusterIP',
    },
  };
}

/** Class nginx wherever Canine has not installed Traefik itself. */
function ingress({ project }: Deployable, service: DeployableService): Manifest {
  const backend = { service: { name: `${service.name}-service`, port: { number: 80 } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name: `${service.name}-ingress`,
      namespace: project.namespace,
      labels: { ...managed },
      annotations: { 'cert-manager.io/cluster-issuer': 'letsencrypt', 'nginx.ingress.kubernetes.io/proxy-pass-headers': '*' },
    },
    spec: {
      ingressClassName: 'nginx',
      tls: [{ hosts: service.domains, secretName: `${service.name}-tls` }],
      rules: service.domains.map((host) => ({ host, http: { paths: [{ pathType: 'Prefix', path: '/', backend }] } })),
    },
  };
}

function cronJob({ project }: Deployable, service: Service): Manifest {
  const { ports: _ports, livenessProbe: _liveness, readinessProbe: _readiness, ...runs } = container(project, service);
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: service.name, namespace: project.namespace, labels: { ...managed, app: service.name } },
    spec: {
      schedule: service.schedule,
      concurrencyPolicy: 'Forbid',
      successfulJobsHistoryLimit: 5,
      failedJobsHistoryLimit: 5,
      jobTemplate: { spec: { template: { spec: { containers: [runs], restartPolicy: 'OnFailure' } } } },
    },
  };
}

function environmentFrom(project: Project): unknown[] {
  return [{ configMapRef: { name: project.name } }, { secretRef: { name: project.name } }];
}

function ofHelm(project: Project, manifest: Manifest): Manifest {
  const labels = { ...manifest.metadata?.labels, 'app.kubernetes.io/managed-by': 'Helm' };
  const annotations = {
    ...manifest.metadata?.annotations,
    'meta.helm.sh/release-name': project.name,
    'meta.helm.sh/release-namespace': project.namespace,
  };
  return { ...manifest, metadata: Object.assign({}, manifest.metadata, { labels, annotations }) };
}

function words(command: string): string[] {
  return command.split(/\s+/).filter((word) => word !== '');
}
