import { Hono } from 'hono';
import { type MemberVisit, memberVisited, redirect, show } from './browser.ts';
import type { Kubernetes } from './kubernetes.ts';
import { escape, list } from './page.ts';
import { group, groups, type Params, text } from './params.ts';
import type { Parts } from './parts.ts';
import { namespaceFor, type NewProject, type NewService } from './projects.ts';
import { railsError, wants } from './rails-errors.ts';
import type { EnvironmentVariable, Project, Service, ServiceType } from './records.ts';
import { fullMessages, type Problems, RecordInvalid } from './validation.ts';

type ProjectHandler = (visit: MemberVisit, project: Project) => Response | Promise<Response>;

const serviceTypes: readonly string[] = ['web_service', 'background_service', 'cron_job'] satisfies ServiceType[];

/** The dashboard's pages and forms of projects, below /projects. */
export function projectPages(parts: Parts): Hono {
  const app = new Hono();
  const own = (handler: ProjectHandler) =>
    memberVisited(parts, (visit) => {
      const project = parts.projects.byId(visit.account, idOf(visit, 'id'));
      return project === undefined ? redirect(parts, visit, '/projects') : handler(visit, project);
    });
  app.get(
    '/:id',
    own((visit, project) => projectPage(parts, visit, project)),
  );
  app.delete(
    '/:id',
    own((visit, project) => destroy(parts, visit, project)),
  );
  app.get(
    '/:id/services',
    own((visit, project) =>
      show(parts, visit, () =>
        list(parts.projects.services(project).map(({ id, name, service_type }) => `${id} ${name}: ${service_type}`)),
      ),
    ),
  );
  app.post(
    '/:id/services',
    own((visit, project) => createService(parts, visit, project)),
  );
  app.patch(
    '/:id/services/:service',
    own((visit, project) => changeService(parts, visit, project)),
  );
  app.delete(
    '/:id/services/:service',
    own((visit, project) => deleteService(parts, visit, project)),
  );
  app.post(
    '/:id/services/:service/domains',
    own((visit, project) => addDomain(parts, visit, project)),
  );
  app.delete(
    '/:id/services/:service/domains/:domain',
    own((visit, project) => deleteDomain(parts, visit, project)),
  );
  app.get(
    '/:id/environment_variables',
    own((visit, project) => environmentPage(parts, visit, project)),
  );
  app.post(
    '/:id/environment_variables',
    own((visit, project) => setEnvironment(parts, visit, project)),
  );
  app.delete(
    '/:id/environment_variables/:variable',
    own((visit, project) => deleteVariable(parts, visit, project)),
  );
  app.post(
    '/:id/deployments/deploy',
    own((visit, project) => deploy(parts, visit, project)),
  );
  return app;
}

/** A project of a public image. (Canine also builds from Git.) */
export async function createProject(parts: Parts, visit: MemberVisit): Promise<Response> {
  const given = group(visit.params, 'project');
  if (given === undefined) return railsError(visit.context, 400);
  const wanted = newProject(given);
  if (wanted.image === '') return refused(parts, visit, {});
  try {
    const project = parts.projects.create(visit.account, wanted, await namespaceRefusals(parts, visit, wanted));
    if (wants(visit.context, 'json')) return visit.context.json(projectJson(visit, project), 201);
    return redirect(parts, visit, `/projects/${project.id}`, { notice: 'Project was successfully created.' });
  } catch (error) {
    if (error instanceof RecordInvalid) return refused(parts, visit, error.problems);
    throw error;
  }
}

function newProject(given: Params): NewProject {
  return {
    name: text(given, 'name'),
    namespace: text(given, 'namespace'),
    managed: !['0', 'false'].includes(text(given, 'managed_namespace')),
    clusterId: Number.parseInt(text(given, 'cluster_id'), 10) || 0,
    image: text(given, 'public_image_url'),
    autodeploy: !['0', 'false'].includes(text(given, 'autodeploy')),
  };
}

/** A managed namespace must not be somebody else's; any other must exist. A cluster that cannot be reached refuses later. */
async function namespaceRefusals(parts: Parts, visit: MemberVisit, wanted: NewProject): Promise<Problems> {
  const cluster = parts.people.clusters(visit.account).find(({ id }) => id === wanted.clusterId);
  if (cluster === undefined) return {};
  const found = await labelsOfNamespace(parts.connect(cluster), namespaceFor(wanted)).catch(() => 'unknown' as const);
  if (found === 'unknown') return {};
  if (!wanted.managed)
    return found === undefined
      ? {
          base: [
            `\`${wanted.name}\` does not exist in the cluster. If you want Canine to automaticaly create it, enable <b>auto create namespace</b>`,
          ],
        }
      : {};
  const foreign = found !== undefined && found['caninemanaged'] !== 'true';
  return foreign
    ? {
        name: [
          `Namespace \`${wanted.name}\` already exists in the Kubernetes cluster. Please delete the existing namespace, or try a different name.`,
        ],
      }
    : {};
}

async function labelsOfNamespace(kubernetes: Kubernetes, name: string): Promise<Readonly<Record<string, string>> | undefined> {
  const namespaces = await kubernetes.list({ apiVersion: 'v1', kind: 'Namespace' });
  const found = namespaces.find(({ metadata }) => metadata?.name === name);
  return found === undefined ? undefined : (found.metadata?.labels ?? {});
}

function refused(parts: Parts, visit: MemberVisit, problems: Problems): Response {
  if (wants(visit.context, 'json')) return visit.context.json(problems, 422);
  return show(parts, visit, () => `<h2>Create a new project</h2>\n${list(fullMessages(problems))}`, { status: 422 });
}

function projectJson(visit: MemberVisit, project: Project): unknown {
  const { id, name, repository_url, branch, cluster_id, created_at, updated_at } = project;
  const { origin } = new URL(visit.context.req.url);
  return { id, name, repository_url, branch, cluster_id, created_at, updated_at, url: `${origin}/projects/${id}.json` };
}

function projectPage(parts: Parts, visit: MemberVisit, project: Project): Response {
  if (wants(visit.context, 'json')) return visit.context.json(projectJson(visit, project));
  const builds = parts.projects.builds(project).map(({ id, status, commit_message }) => `${id} ${commit_message ?? ''}: ${status}`);
  return show(
    parts,
    visit,
    () => `<h1>${project.name}</h1>\n${list([`Namespace: ${project.namespace}`, `Status: ${project.status}`])}\n${list(builds)}`,
    { title: project.name },
  );
}

function destroy(parts: Parts, visit: MemberVisit, project: Project): Response {
  parts.jobs.destroy(project);
  if (wants(visit.context, 'json')) return visit.context.body(null, 204);
  return redirect(parts, visit, '/projects', { notice: 'Project is being destroyed...', status: 303 });
}

function createService(parts: Parts, visit: MemberVisit, project: Project): Response {
  const given = group(visit.params, 'service');
  if (given === undefined) return railsError(visit.context, 400);
  // An enum of Rails refuses other values with an exception.
  if (!serviceTypes.includes(text(given, 'service_type'))) return railsError(visit.context, 500);
  try {
    parts.projects.addService(project, newService(given));
    return redirect(parts, visit, `/projects/${project.id}/services`, { notice: 'Service will be created on the next deploy.' });
  } catch (error) {
    if (!(error instanceof RecordInvalid)) throw error;
    return redirect(parts, visit, `/projects/${project.id}/services`, { alert: `Service could not be created. ${error.message}` });
  }
}

function changeService(parts: Parts, visit: MemberVisit, project: Project): Response {
  return withService(parts, visit, project, (service) => {
    const given = group(visit.params, 'service');
    if (given === undefined) return railsError(visit.context, 400);
    parts.projects.updateService(service, changedService(given, service));
    return redirect(parts, visit, `/projects/${project.id}/services`, { notice: 'Service will be updated on the next deploy.' });
  });
}

function deleteService(parts: Parts, visit: MemberVisit, project: Project): Response {
  return withService(parts, visit, project, (service) => {
    parts.projects.deleteService(service);
    return redirect(parts, visit, `/projects/${project.id}/services`, { notice: 'Service will be removed on the next deploy.' });
  });
}

function addDomain(parts: Parts, visit: MemberVisit, project: Project): Response {
  return withService(parts, visit, project, (service) => {
    const given = group(visit.params, 'domain');
    if (given === undefined) return railsError(visit.context, 400);
    try {
      parts.projects.addDomain(service, text(given, 'domain_name'));
      return show(parts, visit, () => list(parts.projects.domains(service).map(({ domain_name, status }) => `${domain_name}: ${status}`)));
    } catch (error) {
      if (!(error instanceof RecordInvalid)) throw error;
      const { problems } = error;
      return show(parts, visit, () => list(fullMessages(problems)), { status: 422 });
    }
  });
}

function deleteDomain(parts: Parts, visit: MemberVisit, project: Project): Response {
  return withService(parts, visit, project, (service) => {
    const id = idOf(visit, 'domain');
    if (!parts.projects.deleteDomain(service, id))
      return redirect(parts, visit, '/', { alert: 'The requested resource could not be found.' });
    return removed(visit, `domain_${id}`);
  });
}

/** Tells the page to take an element away. */
function removed(visit: MemberVisit, element: string): Response {
  return visit.context.body(`<turbo-stream action="remove" target="${element}"></turbo-stream>`, 200, {
    'Content-Type': 'text/vnd.turbo-stream.html; charset=utf-8',
  });
}

function withService(parts: Parts, visit: MemberVisit, project: Project, use: (service: Service) => Response): Response {
  const service = parts.projects.services(project).find(({ id }) => id === idOf(visit, 'service'));
  return service === undefined ? redirect(parts, visit, '/', { alert: 'The requested resource could not be found.' }) : use(service);
}

const newcomer: Omit<NewService, 'name' | 'type'> = {
  replicas: 1,
  containerPort: 3000,
  command: null,
  healthcheckUrl: null,
  publicNetworking: false,
  schedule: null,
};

function newService(given: Params): NewService {
  return { name: text(given, 'name'), type: text(given, 'service_type') as ServiceType, ...serviceFields(given, newcomer) };
}

function changedService(given: Params, now: Service): NewService {
  const { name, service_type: type, replicas, container_port: containerPort, command, healthcheck_url: healthcheckUrl, schedule } = now;
  const publicNetworking = now.allow_public_networking === 1;
  return { name, type, ...serviceFields(given, { replicas, containerPort, command, healthcheckUrl, publicNetworking, schedule }) };
}

/** What a form names; what it leaves out stays as it is. */
function serviceFields(given: Params, now: Omit<NewService, 'name' | 'type'>): Omit<NewService, 'name' | 'type'> {
  const whole = (name: string, otherwise: number): number => Number.parseInt(text(given, name), 10) || otherwise;
  const optional = (name: string, otherwise: string | null): string | null => (name in given ? text(given, name) || null : otherwise);
  return {
    replicas: whole('replicas', now.replicas),
    containerPort: whole('container_port', now.containerPort),
    command: optional('command', now.command),
    healthcheckUrl: optional('healthcheck_url', now.healthcheckUrl),
    publicNetworking:
      'allow_public_networking' in given ? ['1', 'true'].includes(text(given, 'allow_public_networking')) : now.publicNetworking,
    schedule: text(group(given, 'cron_schedule'), 'schedule') || now.schedule,
  };
}

/** Names without values, as JSON for the page's script. */
function environmentPage(parts: Parts, visit: MemberVisit, project: Project): Response {
  const known = parts.projects.environment(project).map(({ id, name, storage_type }) => ({ id, name, value: null, storage_type }));
  return show(
    parts,
    visit,
    () =>
      `<div data-controller="environment-variables" data-environment-variables-project-id-value="${project.id}" data-environment-variables-vars-value="${escape(JSON.stringify(known))}"></div>`,
  );
}

function setEnvironment(parts: Parts, visit: MemberVisit, project: Project): Response {
  const path = `/projects/${project.id}/environment_variables`;
  try {
    parts.projects.replaceEnvironment(project, variables(visit.params, parts.projects.environment(project)));
  } catch (error) {
    if (!(error instanceof RecordInvalid)) throw error;
    return redirect(parts, visit, path, { alert: `Failed to update environment variables: ${error.message}` });
  }
  for (const service of parts.projects.services(project)) parts.projects.setServiceStatus(service, 'updated');
  const restarts = redeploy(parts, project);
  return redirect(parts, visit, path, {
    notice: restarts
      ? 'Restarting services with new environment variables.'
      : 'Environment variables will be applied on the next deployment.',
  });
}

/** From a text of NAME=value lines, of which Canine keeps what stands between the first two equals signs; else from the list. */
function variables(params: Params, now: readonly EnvironmentVariable[]): Pick<EnvironmentVariable, 'name' | 'value' | 'storage_type'>[] {
  const content = text(params, 'text_content').trim();
  const known = (name: string) => now.find((one) => one.name === name.trim().toUpperCase());
  const lines = content === '' ? undefined : content.split('\n').map((line) => line.split('='));
  const given =
    lines?.map(([name = '', value = '']): Params => ({ name, value: value.replaceAll(/^"|"$/g, '') })) ??
    groups(params, 'environment_variables') ??
    [];
  return given.map((one) => {
    const before = known(text(one, 'name'));
    const kept = text(one, 'keep_existing_value') === 'true' ? before?.value : undefined;
    const type = text(one, 'storage_type') || (before?.storage_type ?? 'config');
    return { name: text(one, 'name'), value: kept ?? text(one, 'value'), storage_type: type === 'secret' ? 'secret' : 'config' };
  });
}

function deleteVariable(parts: Parts, visit: MemberVisit, project: Project): Response {
  if (!parts.projects.deleteVariable(project, idOf(visit, 'variable')))
    return redirect(parts, visit, '/', { alert: 'The requested resource could not be found.' });
  redeploy(parts, project);
  return removed(visit, `environment_variable_${idOf(visit, 'variable')}`);
}

/** Runs the current deployment again, if there is one. */
function redeploy(parts: Parts, project: Project): boolean {
  const current = parts.projects.currentDeployment(project);
  if (current !== undefined) parts.jobs.deploy(current);
  return current !== undefined;
}

function deploy(parts: Parts, visit: MemberVisit, project: Project): Response {
  const build = parts.projects.addBuild(project, { sha: 'latest', message: `Deploying from ${project.repository_url}` });
  parts.jobs.build(build);
  const message = `Deploying project ${project.name}.`;
  return wants(visit.context, 'json')
    ? visit.context.json({ message })
    : redirect(parts, visit, `/projects/${project.id}`, { notice: message });
}

function idOf(visit: MemberVisit, name: string): number {
  return Number.parseInt(visit.context.req.param(name) ?? '', 10) || 0;
}
