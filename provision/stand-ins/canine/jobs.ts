import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { Faults } from './faults.ts';
import type { Kubernetes } from './kubernetes.ts';
import { chart, type Deployable, type Manifest, namespaceOf } from './manifests.ts';
import type { Projects } from './projects.ts';
import type { Build, Cluster, Deployment, EnvironmentVariable, Project, Service } from './records.ts';

/** Kinds that a project's chart may hold: what the newest one no longer has is taken away, as Helm does. */
const chartKinds = [
  { apiVersion: 'v1', kind: 'ConfigMap' },
  { apiVersion: 'v1', kind: 'Secret' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'batch/v1', kind: 'CronJob' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' },
] as const;

/** Canine tries three times, and then removes the project's record all the same (Projects::DestroyJob). */
const uninstallAttempts = 3;
const uninstallRetryMs = 5000;

export interface JobParts {
  readonly projects: Projects;
  readonly faults: Faults;
  connect(cluster: Cluster): Kubernetes;
}

/** The background work: builds, deployments, removals, health. Begun after the request was answered, one after the other. */
export class Jobs {
  readonly #parts: JobParts;
  #last: Promise<void> = Promise.resolve();

  constructor(parts: JobParts) {
    this.#parts = parts;
  }

  /** Runs again what was not finished when the last process ended. */
  resume(): void {
    const { builds, deployments } = this.#parts.projects.unfinished();
    for (const build of builds) this.build(build);
    for (const deployment of deployments) this.deploy(deployment);
    for (const project of this.#parts.projects.destroying()) this.destroy(project);
  }

  build(build: Build): void {
    this.#enqueue(`build ${build.id}`, () => this.#build(build));
  }

  deploy(deployment: Deployment): void {
    this.#enqueue(`deployment ${deployment.id}`, () => this.#deploy(deployment));
  }

  destroy(project: Project): void {
    this.#parts.projects.setStatus(project, 'destroying');
    this.#enqueue(`removal of project ${project.name}`, () => this.#destroy(project));
  }

  checkHealth(): void {
    this.#enqueue('health of services', async () => {
      for (const service of this.#parts.projects.allServices()) await this.#checkHealth(service);
    });
  }

  /** When all that was begun until now has ended. */
  async idle(): Promise<void> {
    await this.#last;
  }

  #enqueue(what: string, job: () => Promise<void>): void {
    this.#last = this.#last.then(job).catch((error: unknown) => {
      console.error(`${what}: ${String(error)}`);
    });
  }

  /** A project of an image has nothing to build. */
  async #build(build: Build): Promise<void> {
    const { projects } = this.#parts;
    if (projects.build(build.id)?.status !== 'in_progress') return;
    const project = projects.find(build.project_id);
    projects.log('builds', build.id, `Skipping build for ${project.name} because it's deploying from a container registry`);
    await this.#deploy(projects.completeBuild(build));
  }

  async #deploy(deployment: Deployment): Promise<void> {
    const { projects } = this.#parts;
    const build = projects.build(deployment.build_id);
    if (build === undefined) return;
    const project = projects.find(build.project_id);
    try {
      await this.#install(project, deployment);
      projects.deployed(project, deployment);
    } catch (error) {
      projects.log('deployments', deployment.id, `Deployment failed: ${messageOf(error)}`);
      projects.setDeploymentStatus(deployment, 'failed');
    }
  }

  async #install(project: Project, deployment: Deployment): Promise<void> {
    const { projects } = this.#parts;
    const log = (line: string): void => projects.log('deployments', deployment.id, line);
    const deployable = await this.#deployable(project);
    const kubernetes = this.#parts.connect(projects.cluster(project));
    if (project.managed_namespace === 1) {
      log(`Creating namespace: ${deployable.project.namespace}`);
      await kubernetes.apply(namespaceOf(deployable.project));
    }
    const objects = chart(deployable);
    projects.setManifests(
      deployment,
      Object.fromEntries(objects.map((one) => [`${one.kind.toLowerCase()}/${one.metadata?.name ?? ''}`, stringify(one)])),
    );
    log(`Installing chart ${project.name} in namespace ${deployable.project.namespace}...`);
    for (const manifest of objects) await kubernetes.apply(manifest);
    await sweep(kubernetes, deployable.project, objects);
  }

  async #deployable(project: Project): Promise<Deployable> {
    const { projects, faults } = this.#parts;
    const namespace = (await faults.parameter('one-namespace')) ?? project.namespace;
    const open = (await faults.parameter('secrets-in-config-map')) !== undefined;
    const environment = projects
      .environment(project)
      .map((variable): EnvironmentVariable => (open ? { ...variable, storage_type: 'config' } : variable));
    const services = projects
      .services(project)
      .map((service) => ({ ...service, domains: projects.domains(service).map(({ domain_name }) => domain_name) }));
    return { project: { ...project, namespace }, services, environment, rolloutTimestamp: Math.floor(Date.now() / 1000) };
  }

  async #destroy(project: Project): Promise<void> {
    const { projects } = this.#parts;
    for (let attempt = 1; attempt <= uninstallAttempts; attempt += 1) {
      try {
        await this.#uninstall(project);
        break;
      } catch (error) {
        console.error(`removal of project ${project.name}, attempt ${attempt}: ${messageOf(error)}`);
        if (attempt < uninstallAttempts) await delay(attempt * uninstallRetryMs);
      }
    }
    projects.delete(project);
  }

  async #uninstall(project: Project): Promise<void> {
    const kubernetes = this.#parts.connect(this.#parts.projects.cluster(project));
    await sweep(kubernetes, project, []);
    if (project.managed_namespace === 1)
      await kubernetes.delete({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: project.namespace } });
  }

  async #checkHealth(service: Service): Promise<void> {
    const { projects } = this.#parts;
    const project = projects.find(service.project_id);
    try {
      const { spec, status } = await this.#parts.connect(projects.cluster(project)).deployment(project.namespace, service.name);
      projects.setServiceStatus(service, (status?.readyReplicas ?? 0) >= (spec?.replicas ?? 1) ? 'healthy' : 'unhealthy');
    } catch (error) {
      console.error(`health of ${service.name}: ${String(error)}`);
      projects.setServiceStatus(service, 'unhealthy');
    }
  }
}

/** Deletes the release's objects that are not among these. */
async function sweep(kubernetes: Kubernetes, project: Project, keep: readonly Manifest[]): Promise<void> {
  const kept = new Set(keep.map((one) => `${one.kind}/${one.metadata?.name ?? ''}`));
  for (const kind of chartKinds) {
    const objects = await kubernetes.list(kind, project.namespace);
    const released = objects.filter(({ metadata }) => metadata?.annotations?.['meta.helm.sh/release-name'] === project.name);
    for (const { metadata } of released) {
      const name = metadata?.name ?? '';
      if (!kept.has(`${kind.kind}/${name}`)) await kubernetes.delete({ ...kind, metadata: { name, namespace: project.namespace } });
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
