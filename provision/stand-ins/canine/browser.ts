import type { Context } from 'hono';
import { defaultTitle, page } from './page.ts';
import { type Params, paramsOf, text } from './params.ts';
import type { Parts } from './parts.ts';
import { railsError, wants } from './rails-errors.ts';
import type { Account, User } from './records.ts';
import type { Session } from './session.ts';

/** A request of the dashboard, whoever made it. */
export interface Visit {
  readonly context: Context;
  readonly session: Session;
  readonly params: Params;
  readonly user?: User;
}

/** A request of somebody who is logged in. */
export interface MemberVisit extends Visit {
  readonly user: User;
  readonly account: Account;
}

/** Checks a request as Rails does before a controller begins: readable parameters, then the token against forgery. */
export function visited(parts: Parts, handler: (visit: Visit) => Response | Promise<Response>) {
  return async (context: Context): Promise<Response> => {
    const params = await paramsOf(context).catch((error: unknown) => {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    });
    if (params === undefined) return railsError(context, 400);
    const session = parts.sessions.of(context);
    const token = text(params, 'authenticity_token') || (context.req.header('x-csrf-token') ?? '');
    const reads = context.req.method === 'GET' || context.req.method === 'HEAD';
    if (!reads && !parts.sessions.formTokenMatches(session, token)) return railsError(context, 422);
    const user = session.userId === undefined ? undefined : parts.people.user(session.userId);
    return await handler({ context, session, params, ...(user === undefined ? {} : { user }) });
  };
}

/** As `visited`, for pages behind the log-in; a password that must be changed comes first. */
export function memberVisited(parts: Parts, handler: (visit: MemberVisit) => Response | Promise<Response>) {
  return visited(parts, (visit) => {
    const { context, session, user } = visit;
    if (user === undefined) {
      if (wants(context, 'json')) return context.json({ error: 'You need to sign in or sign up before continuing.' }, 401);
      return redirect(parts, visit, '/users/sign_in', { alert: 'You need to sign in or sign up before continuing.' });
    }
    if (user.password_change_required === 1)
      return redirect(parts, visit, '/password_change', { alert: 'Please change your password to continue.' });
    const accounts = parts.people.accountsOf(user);
    const account = accounts.find(({ id }) => id === session.accountId) ?? accounts[0];
    return account === undefined ? railsError(context, 500) : handler({ ...visit, user, account });
  });
}

export function redirect(
  parts: Parts,
  { context, session }: Visit,
  path: string,
  change: Partial<Session> & { status?: 302 | 303 } = {},
): Response {
  const { status = 302, ...changes } = change;
  parts.sessions.write(context, { ...session, ...changes });
  const { origin } = new URL(context.req.url);
  return context.redirect(`${origin}${path}`, status);
}

/** A page; shows what the request before left to be told, once. */
export function show(
  parts: Parts,
  { context, session }: Visit,
  content: (token: string) => string,
  { status = 200, title }: { status?: 200 | 201 | 422; title?: string } = {},
): Response {
  const { alert, notice, ...kept } = session;
  parts.sessions.write(context, kept);
  const token = parts.sessions.formToken(session);
  const told = [alert, notice].filter((one) => one !== undefined).map((one) => `<div class="alert">${one}</div>`);
  return context.html(page(title === undefined ? defaultTitle : `${title} | Canine`, [...told, content(token)].join('\n'), token), status);
}
