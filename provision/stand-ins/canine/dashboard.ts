import { Hono } from 'hono';
import { type MemberVisit, memberVisited, redirect, show, visited } from './browser.ts';
import { onboarding } from './entrance.ts';
import { deleteButton, escape, form, list } from './page.ts';
import { group, text } from './params.ts';
import type { Parts } from './parts.ts';
import { createProject, projectPages } from './project-pages.ts';
import { railsError, wants } from './rails-errors.ts';
import type { ApiToken } from './records.ts';
import { fullMessages, RecordInvalid } from './validation.ts';

/** The pages behind the log-in, as far as projects, clusters, accounts and API tokens go. */
export function dashboard(parts: Parts): Hono {
  const app = new Hono();
  const member = (handler: (visit: MemberVisit) => Response | Promise<Response>) => memberVisited(parts, handler);
  const projectsPage = member((visit) => projectList(parts, visit));

  app.get(
    '/',
    visited(parts, (visit) => (visit.user === undefined ? onboarding(parts, visit) : projectsPage(visit.context))),
  );
  app.get('/projects', projectsPage);
  app.post(
    '/projects',
    member((visit) => createProject(parts, visit)),
  );
  app.route('/projects', projectPages(parts));

  app.get(
    '/api_tokens',
    member((visit) => tokens(parts, visit)),
  );
  app.get(
    '/api_tokens/new',
    member((visit) => show(parts, visit, tokenForm)),
  );
  app.post(
    '/api_tokens',
    member((visit) => createToken(parts, visit)),
  );
  app.delete(
    '/api_tokens/:id',
    member((visit) => deleteToken(parts, visit)),
  );

  app.post(
    '/accounts',
    member((visit) => createAccount(parts, visit)),
  );
  app.put(
    '/accounts/:id/switch',
    member((visit) => switchAccount(parts, visit)),
  );
  app.get(
    '/accounts/account_users',
    member((visit) => members(parts, visit)),
  );
  app.post(
    '/accounts/account_users',
    member((visit) => invite(parts, visit)),
  );
  app.delete(
    '/accounts/account_users/:id',
    member((visit) => removeMember(parts, visit)),
  );

  app.get(
    '/clusters',
    member((visit) => clusters(parts, visit)),
  );
  app.post(
    '/clusters',
    member((visit) => createCluster(parts, visit)),
  );
  return app;
}

function projectList(parts: Parts, visit: MemberVisit): Response {
  const visible = parts.projects.visible(visit.account);
  if (wants(visit.context, 'json')) return visit.context.json(visible.map(({ id, name }) => ({ id, name })));
  return show(
    parts,
    visit,
    () => `<h1>Projects</h1>\n${list(visible.map(({ name, namespace, status }) => `${name} (${namespace}): ${status}`))}`,
    { title: 'Projects' },
  );
}

function tokens(parts: Parts, visit: MemberVisit): Response {
  const own = parts.people.tokensOf(visit.user);
  const row = (token: ApiToken, formToken: string): string =>
    `<tr><td>${escape(token.name)}</td><td>${tokenCell(token)}</td><td>${token.last_used_at ?? 'Never'}</td><td>${token.expires_at ?? 'Never'}</td><td>${deleteButton(`/api_tokens/${token.id}`, formToken)}</td></tr>`;
  for (const token of own) parts.people.markShown(token);
  return show(parts, visit, (formToken) => `<h1>API Tokens</h1>\n<table>${own.map((token) => row(token, formToken)).join('\n')}</table>`, {
    title: 'API Tokens',
  });
}

/** In full the first time, with most of it hidden from then on. */
function tokenCell({ access_token: value, shown }: ApiToken): string {
  if (shown === 1) return `${value.slice(0, 4)}${'*'.repeat(Math.min(8, value.length - 16))}${value.slice(-4)}`;
  return `<div data-controller="clipboard" data-clipboard-text="${value}">${value}</div><span>(You can only see this once)</span>`;
}

function tokenForm(token: string): string {
  return form(
    '/api_tokens',
    token,
    [
      { name: 'api_token[name]', type: 'text' },
      { name: 'api_token[expires_at]', type: 'text' },
    ],
    'Save',
  );
}

function createToken(parts: Parts, visit: MemberVisit): Response {
  const given = group(visit.params, 'api_token');
  if (given === undefined) return railsError(visit.context, 400);
  const expires = text(given, 'expires_at');
  const expiresAt = expires === '' || Number.isNaN(Date.parse(expires)) ? null : new Date(expires).toISOString();
  parts.people.createToken(visit.user, text(given, 'name'), expiresAt);
  return redirect(parts, visit, '/api_tokens', { notice: 'API token saved' });
}

function deleteToken(parts: Parts, visit: MemberVisit): Response {
  const deleted = parts.people.deleteToken(visit.user, idOf(visit, 'id'));
  return deleted
    ? redirect(parts, visit, '/api_tokens', { notice: 'API token deleted' })
    : redirect(parts, visit, '/', { alert: 'The requested resource could not be found.' });
}

function createAccount(parts: Parts, visit: MemberVisit): Response {
  const given = group(visit.params, 'account');
  if (given === undefined) return railsError(visit.context, 400);
  const account = parts.people.createAccount(text(given, 'name'), visit.user);
  return redirect(parts, visit, '/', { accountId: account.id });
}

function switchAccount(parts: Parts, visit: MemberVisit): Response {
  const account = parts.people.accountOf(visit.user, visit.context.req.param('id') ?? '');
  return account === undefined
    ? redirect(parts, visit, '/', { alert: 'The requested resource could not be found.' })
    : redirect(parts, visit, '/', { accountId: account.id });
}

function members(parts: Parts, visit: MemberVisit): Response {
  const all = parts.people.members(visit.account);
  const button = (id: number, role: string, formToken: string): string =>
    role === 'owner' ? '' : deleteButton(`/accounts/account_users/${id}`, formToken);
  return show(
    parts,
    visit,
    (formToken) =>
      `<h1>Team Members</h1>\n<table>${all.map(({ id, user, role }) => `<tr><td>${escape(user.email)}</td><td>${role}</td><td>${button(id, role, formToken)}</td></tr>`).join('\n')}</table>`,
  );
}

/** Owners and admins remove members, never an owner (AccountUserPolicy). */
function removeMember(parts: Parts, visit: MemberVisit): Response {
  const all = parts.people.members(visit.account);
  const found = all.find(({ id }) => id === idOf(visit, 'id'));
  if (found === undefined) return redirect(parts, visit, '/', { alert: 'The requested resource could not be found.' });
  const own = all.find(({ user }) => user.id === visit.user.id)?.role ?? 'member';
  if (found.role === 'owner' || own === 'member')
    return redirect(parts, visit, '/', { alert: 'You are not authorized to perform this action.' });
  parts.people.leave(visit.account, found.user);
  return redirect(parts, visit, '/accounts/account_users', { notice: 'User was successfully removed.' });
}

function invite(parts: Parts, visit: MemberVisit): Response {
  const email = text(group(visit.params, 'user'), 'email');
  if (parts.people.members(visit.account).some(({ user }) => user.email === email.toLowerCase())) {
    return redirect(parts, visit, '/accounts/account_users', { alert: 'This user is already a member of this account.' });
  }
  try {
    const { user, temporaryPassword } = parts.people.invite(email, visit.account);
    if (temporaryPassword === undefined)
      return redirect(parts, visit, '/accounts/account_users', { notice: 'User was successfully added.' });
    const credentials = [`Email: ${user.email}`, `Temporary Password: ${temporaryPassword}`];
    return show(parts, visit, () => `<div>Invitation Created</div>\n${list(credentials)}`);
  } catch (error) {
    if (error instanceof RecordInvalid) return railsError(visit.context, 422);
    throw error;
  }
}

function clusters(parts: Parts, visit: MemberVisit): Response {
  const own = parts.people.clusters(visit.account);
  if (wants(visit.context, 'json')) return visit.context.json(own.map(({ id, name }) => ({ id, name })));
  return show(parts, visit, () => `<h1>Clusters</h1>\n${list(own.map(({ id, name, status }) => `${id} ${name}: ${status}`))}`, {
    title: 'Clusters',
  });
}

function createCluster(parts: Parts, visit: MemberVisit): Response {
  const given = group(visit.params, 'cluster');
  if (given === undefined) return railsError(visit.context, 400);
  try {
    const cluster = parts.people.addCluster(visit.account, {
      name: text(given, 'name'),
      cluster_type: text(given, 'cluster_type') || 'k8s',
      kubeconfig: text(given, 'kubeconfig'),
    });
    return redirect(parts, visit, `/clusters/${cluster.id}`, { notice: 'Cluster was successfully created.' });
  } catch (error) {
    if (!(error instanceof RecordInvalid)) throw error;
    const { problems } = error;
    return wants(visit.context, 'json')
      ? visit.context.json(problems, 422)
      : show(parts, visit, () => list(fullMessages(problems)), { status: 422 });
  }
}

function idOf(visit: MemberVisit, name: string): number {
  return Number.parseInt(visit.context.req.param(name) ?? '', 10) || 0;
}
