import type { Database } from './database.ts';
import type {
  Account,
  Build,
  Cluster,
  Deployment,
  Domain,
  EnvironmentVariable,
  JobStatus,
  Project,
  Service,
  ServiceType,
} from './records.ts';
import { imageSource } from './image-source.ts';
import { nameProblems, type Problems, RecordInvalid } from './validation.ts';

/** Canine refuses these as names and as namespaces. */
const reserved = ['default', 'kube-system', 'kube-public', 'kube-node-lease', 'kube-flannel', 'canine-system'];
/** The API lists at most so many, here and elsewhere. */
const listed = 50;
const dayMs = 24 * 3600 * 1000;

export interface NewProject {
  readonly name: string;
  readonly namespace: string;
  readonly managed: boolean;
  readonly clusterId: number;
  /** For example docker.io/library/nginx:latest. */
  readonly image: string;
  readonly autodeploy: boolean;
}

export interface NewService {
  readonly name: string;
  readonly type: ServiceType;
  readonly replicas: number;
  readonly containerPort: number;
  readonly command: string | null;
  readonly healthcheckUrl: string | null;
  readonly publicNetworking: boolean;
  readonly schedule: string | null;
}

/** Projects with their services, environment, builds and deployments. */
export class Projects {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** What a member of the account sees: without teams, all of it. By name. */
  visible(account: Account): Project[] {
    return this.#database.all(
      'projects',
      'JOIN clusters c ON c.id = projects.cluster_id WHERE c.account_id = ? ORDER BY projects.name',
      account.id,
    );
  }

  listed(account: Account): Project[] {
    return this.visible(account).slice(0, listed);
  }

  byName(account: Account, name: string): Project | undefined {
    return this.visible(account).find((project) => project.name === name);
  }

  byId(account: Account, id: number): Project | undefined {
    return this.visible(account).find((project) => project.id === id);
  }

  find(id: number): Project {
    return required(this.#database.first('projects', 'WHERE id = ?', id), `project ${id}`);
  }

  cluster(project: Project): Cluster {
    return required(this.#database.first('clusters', 'WHERE id = ?', project.cluster_id), `cluster ${project.cluster_id}`);
  }

  /** Throws a RecordInvalid with what Canine would say; `refusals` come from a look into the cluster. */
  create(account: Account, given: NewProject, refusals: Problems): Project {
    const namespace = namespaceFor(given);
    const own = this.#problems(account, { ...given, namespace });
    const problems: Problems = {
      ...own,
      ...Object.fromEntries(Object.entries(refusals).map(([attribute, messages]) => [attribute, [...(own[attribute] ?? []), ...messages]])),
    };
    if (Object.keys(problems).length > 0) throw new RecordInvalid(problems);
    return this.#database.insert('projects', {
      cluster_id: given.clusterId,
      name: given.name,
      namespace,
      managed_namespace: given.managed ? 1 : 0,
      ...imageSource(given.image),
      autodeploy: given.autodeploy ? 1 : 0,
      status: 'creating',
    });
  }

  setStatus(project: Project, status: Project['status']): void {
    this.#database.update('projects', project.id, { status });
  }

  deployed(project: Project, deployment: Deployment): void {
    this.#database.transaction(() => {
      this.#database.update('deployments', deployment.id, { status: 'completed' });
      this.#database.update('projects', project.id, { status: 'deployed', current_deployment_id: deployment.id });
    });
  }

  delete(project: Project): void {
    this.#database.run('DELETE FROM projects WHERE id = ?', project.id);
  }

  destroying(): Project[] {
    return this.#database.all('projects', "WHERE status = 'destroying'");
  }

  services(project: Project): Service[] {
    return this.#database.all('services', 'WHERE project_id = ? ORDER BY id', project.id);
  }

  allServices(): Service[] {
    return this.#database.all('services', "WHERE service_type <> 'cron_job' ORDER BY id");
  }

  addService(project: Project, given: NewService): Service {
    const problems = { ...nameProblems(given.name), ...cronProblems(given) };
    if (this.services(project).some(({ name }) => name === given.name)) Object.assign(problems, { name: ['has already been taken'] });
    if (Object.keys(problems).length > 0) throw new RecordInvalid(problems);
    return this.#database.insert('services', {
      project_id: project.id,
      name: given.name,
      service_type: given.type,
      status: 'pending',
      ...serviceColumns(given),
    });
  }

  updateService(service: Service, given: NewService): void {
    this.#database.update('services', service.id, { ...serviceColumns(given), status: 'updated' });
  }

  setServiceStatus(service: Service, status: Service['status']): void {
    this.#database.update('services', service.id, { status });
  }

  deleteService(service: Service): void {
    this.#database.run('DELETE FROM services WHERE id = ?', service.id);
  }

  domains(service: Service): Domain[] {
    return this.#database.all('domains', 'WHERE service_id = ? ORDER BY id', service.id);
  }

  addDomain(service: Service, given: string): Domain {
    const domain_name = given
      .trim()
      .toLowerCase()
      .replace(/^https?:\/\//, '');
    const problems = [
      ...(domain_name === '' ? ["can't be blank"] : []),
      ...(this.domains(service).some((other) => other.domain_name === domain_name) ? ['has already been taken'] : []),
      ...(domain_name.split('.').length > 1 ? [] : ['is not valid']),
    ];
    if (problems.length > 0) throw new RecordInvalid({ domain_name: problems });
    this.setServiceStatus(service, 'updated');
    return this.#database.insert('domains', { service_id: service.id, domain_name, status: 'checking_dns' });
  }

  deleteDomain(service: Service, id: number): boolean {
    return this.#database.run('DELETE FROM domains WHERE id = ? AND service_id = ?', id, service.id) > 0;
  }

  environment(project: Project): EnvironmentVariable[] {
    return this.#database.all('environment_variables', 'WHERE project_id = ? ORDER BY name', project.id);
  }

  /** Makes the environment exactly this. */
  replaceEnvironment(project: Project, variables: readonly Pick<EnvironmentVariable, 'name' | 'value' | 'storage_type'>[]): void {
    const wanted = variables
      .map((one) => ({ ...one, name: one.name.trim().toUpperCase(), value: one.value.trim() }))
      .filter(({ name }) => name !== '');
    const problems = Object.assign({}, ...wanted.map(variableProblems)) as Problems;
    if (Object.keys(problems).length > 0) throw new RecordInvalid(problems);
    this.#database.transaction(() => {
      this.#database.run('DELETE FROM environment_variables WHERE project_id = ?', project.id);
      for (const one of wanted) this.#database.insert('environment_variables', { project_id: project.id, ...one });
    });
  }

  deleteVariable(project: Project, id: number): boolean {
    return this.#database.run('DELETE FROM environment_variables WHERE id = ? AND project_id = ?', id, project.id) > 0;
  }

  /** Newest first. */
  builds(project: Project): Build[] {
    return this.#database.all('builds', 'WHERE project_id = ? ORDER BY created_at DESC, id DESC', project.id);
  }

  /** In progress, or not older than a day; newest first. */
  recentBuilds(projects: readonly Project[], now = Date.now()): Build[] {
    const since = new Date(now - dayMs).toISOString();
    const builds = projects
      .flatMap((project) => this.builds(project))
      .filter(({ status, created_at }) => status === 'in_progress' || created_at >= since);
    return builds.toSorted((one, other) => other.created_at.localeCompare(one.created_at) || other.id - one.id).slice(0, listed);
  }

  build(id: number): Build | undefined {
    return this.#database.first('builds', 'WHERE id = ?', id);
  }

  addBuild(project: Project, commit: { sha: string; message: string }): Build {
    return this.#database.insert('builds', {
      project_id: project.id,
      status: 'in_progress',
      commit_sha: commit.sha,
      commit_message: commit.message,
      logs: '',
    });
  }

  /** The build is done, and its deployment begins. */
  completeBuild(build: Build): Deployment {
    return this.#database.transaction(() => {
      this.setBuildStatus(build, 'completed');
      return this.#addDeployment(build);
    });
  }

  setBuildStatus(build: Build, status: JobStatus): void {
    this.#database.update('builds', build.id, { status });
  }

  deploymentOf(build: Build): Deployment | undefined {
    return this.#database.first('deployments', 'WHERE build_id = ?', build.id);
  }

  deployment(id: number): Deployment | undefined {
    return this.#database.first('deployments', 'WHERE id = ?', id);
  }

  /** Newest first. */
  deployments(project: Project): Deployment[] {
    return this.#database.all(
      'deployments',
      'JOIN builds b ON b.id = deployments.build_id WHERE b.project_id = ? ORDER BY deployments.created_at DESC, deployments.id DESC',
      project.id,
    );
  }

  /** The one that was last completed. */
  currentDeployment(project: Project): Deployment | undefined {
    const named = project.current_deployment_id === null ? undefined : this.deployment(project.current_deployment_id);
    return named ?? this.deployments(project).find(({ status }) => status === 'completed');
  }

  setDeploymentStatus(deployment: Deployment, status: JobStatus): void {
    this.#database.update('deployments', deployment.id, { status });
  }

  setManifests(deployment: Deployment, manifests: Readonly<Record<string, string>>): void {
    this.#database.update('deployments', deployment.id, { manifests: JSON.stringify(manifests) });
  }

  log(table: 'builds' | 'deployments', id: number, line: string): void {
    this.#database.run(`UPDATE ${table} SET logs = logs || ? WHERE id = ?`, `${line}\n`, id);
  }

  /** What a crash interrupted: the job queue runs it again. */
  unfinished(): { builds: Build[]; deployments: Deployment[] } {
    return {
      builds: this.#database.all('builds', "WHERE status = 'in_progress'"),
      deployments: this.#database.all('deployments', "WHERE status = 'in_progress'"),
    };
  }

  #addDeployment(build: Build): Deployment {
    const count = this.deployments(this.find(build.project_id)).length;
    return this.#database.insert('deployments', {
      build_id: build.id,
      status: 'in_progress',
      version: `${count + 1}.0.0`,
      manifests: '{}',
      logs: '',
    });
  }

  #problems(account: Account, given: NewProject): Problems {
    const clusters = this.#database.all('clusters', 'WHERE account_id = ?', account.id);
    const name = [...(nameProblems(given.name)['name'] ?? [])];
    if (this.visible(account).some((other) => other.name === given.name)) name.push('has already been taken');
    const inCluster = this.#database.all('projects', 'WHERE cluster_id = ?', given.clusterId);
    if (inCluster.some(({ namespace }) => namespace === given.namespace)) name.push('must be unique to this cluster');
    if (reserved.includes(given.name)) name.push('is a reserved keyword and cannot be used');
    const cluster = clusters.some(({ id }) => id === given.clusterId) ? [] : ['must exist'];
    const namespace = reserved.includes(given.namespace) ? ['is a reserved keyword and cannot be used'] : [];
    const base = given.namespace === '' ? ['A namespace must be provided if it is not managed by Canine'] : [];
    return Object.fromEntries(Object.entries({ cluster, name, namespace, base }).filter(([, messages]) => messages.length > 0));
  }
}

function required<Row>(row: Row | undefined, what: string): Row {
  if (row === undefined) throw new Error(`${what} is not in the database`);
  return row;
}

/** A managed namespace is named after the project unless one is given. */
export function namespaceFor(given: Pick<NewProject, 'name' | 'namespace' | 'managed'>): string {
  return given.namespace === '' && given.managed ? given.name : given.namespace;
}

function serviceColumns(given: NewService): Record<string, string | number | null> {
  return {
    replicas: given.replicas,
    container_port: given.containerPort,
    command: given.command,
    healthcheck_url: given.healthcheckUrl,
    allow_public_networking: given.publicNetworking ? 1 : 0,
    schedule: given.schedule,
  };
}

function cronProblems(given: NewService): Problems {
  if (given.type !== 'cron_job') return {};
  return {
    ...(given.schedule === null ? { cron_schedule: ["can't be blank"] } : {}),
    ...(given.command === null ? { command: ["can't be blank"] } : {}),
  };
}

function variableProblems({ name, value }: { name: string; value: string }): Problems {
  return {
    ...(/^[A-Z0-9_]+$/.test(name) ? {} : { name: ['can only contain uppercase letters, numbers, and underscores'] }),
    ...(value === '' ? { value: ["can't be blank"] } : {}),
    ...(/[`\\|><;]/.test(value) ? { value: ['cannot contain special characters that might enable command injection'] } : {}),
  };
}
