import type { V1Pod } from '@kubernetes/client-node';
import { imageReference } from './image-source.ts';
import type { People } from './people.ts';
import type { Projects } from './projects.ts';
import type { Account, Build, Cluster, Deployment, Project, User } from './records.ts';

/** JSON documents of the API, field by field as Canine's view models have them (app/view_models/api, app/views/api/v1). */

const briefBuilds = 10;
const briefLogLines = 10;

export function meView(people: People, user: User, account: Account): unknown {
  const brief = ({ id, name, slug }: Account): unknown => ({ id, name, slug });
  return {
    id: user.id,
    email: user.email,
    name: nameOf(user),
    created_at: user.created_at,
    current_account: brief(account),
    accounts: people.accountsOf(user).map(brief),
  };
}

export function projectView(projects: Projects, project: Project): Record<string, unknown> {
  const current = projects.currentDeployment(project);
  return {
    id: project.id,
    name: project.name,
    namespace: project.namespace,
    repository_url: project.repository_url,
    branch: project.branch,
    status: project.status,
    cluster_id: project.cluster_id,
    cluster_name: projects.cluster(project).name,
    container_registry_url: imageReference(project),
    link_to_view_url: `/projects/${project.id}`,
    last_deployment_at: projects.deployments(project)[0]?.created_at ?? null,
    current_commit_message: (current === undefined ? undefined : projects.build(current.build_id))?.commit_message ?? null,
    created_at: project.created_at,
    updated_at: project.updated_at,
  };
}

export function projectDetailView(projects: Projects, project: Project): unknown {
  return {
    ...projectView(projects, project),
    autodeploy: project.autodeploy === 1,
    dockerfile_path: './Dockerfile',
    docker_build_context_directory: '.',
    predeploy_command: null,
    postdeploy_command: null,
    services: projects.services(project).map((service) => ({
      id: service.id,
      name: service.name,
      service_type: service.service_type,
      status: service.status,
      replicas: service.replicas,
      container_port: service.container_port,
      command: service.command,
      healthcheck_url: service.healthcheck_url,
      allow_public_networking: service.allow_public_networking === 1,
      domains: projects.domains(service).map(({ id, domain_name, status }) => ({ id, domain_name, status })),
    })),
    volumes: [],
    builds: projects.builds(project).slice(0, briefBuilds).map(briefBuildView),
  };
}

export function buildView(projects: Projects, build: Build): unknown {
  const deployment = projects.deploymentOf(build);
  return {
    id: build.id,
    status: build.status,
    commit_sha: build.commit_sha,
    commit_message: build.commit_message,
    git_sha: null,
    repository_url: null,
    project_id: build.project_id,
    project_name: projects.find(build.project_id).name,
    link_to_view_url: deploymentPath(build),
    logs: build.logs.trimEnd(),
    created_at: build.created_at,
    updated_at: build.updated_at,
    deployment: deployment === undefined ? null : deploymentView(build, deployment),
  };
}

export function clusterView(cluster: Cluster): unknown {
  const { id, name, cluster_type, status, created_at, updated_at } = cluster;
  return { id, name, cluster_type, status, link_to_view_url: `/clusters/${id}`, created_at, updated_at, packages: [] };
}

export function podView(pod: V1Pod): unknown {
  const { name, namespace, creationTimestamp, labels } = pod.metadata ?? {};
  const created = creationTimestamp === undefined ? null : `${new Date(creationTimestamp).toISOString().slice(0, -'.000Z'.length)}Z`;
  return { name, namespace, status: pod.status?.phase, created_at: created, labels: labels ?? null };
}

function briefBuildView(build: Build): unknown {
  const { id, status, commit_sha, commit_message, created_at } = build;
  return {
    id,
    status,
    commit_sha,
    commit_message,
    created_at,
    log_tail: build.logs.trimEnd().split('\n').slice(-briefLogLines).join('\n'),
  };
}

function deploymentView(build: Build, deployment: Deployment): unknown {
  return {
    id: deployment.id,
    version: deployment.version,
    status: deployment.status,
    // The API never says which one is current.
    is_current: false,
    build_id: build.id,
    commit_sha: build.commit_sha,
    commit_message: build.commit_message,
    link_to_view_url: deploymentPath(build),
    created_at: deployment.created_at,
    updated_at: deployment.updated_at,
    manifests: JSON.parse(deployment.manifests),
  };
}

function deploymentPath(build: Build): string {
  return `/projects/${build.project_id}/deployments/${build.id}`;
}

function nameOf({ first_name, last_name }: User): string | null {
  return first_name === null ? null : [first_name, last_name].filter((part) => part !== null).join(' ');
}
