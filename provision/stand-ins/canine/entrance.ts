import { Hono } from 'hono';
import { redirect, show, type Visit, visited } from './browser.ts';
import { form, list } from './page.ts';
import { group, groups, text } from './params.ts';
import type { Parts } from './parts.ts';
import { passwordMatches } from './password.ts';
import { railsError } from './rails-errors.ts';
import { RecordInvalid } from './validation.ts';

/** What stands before the log-in: onboarding of the first user, log-in and log-out, the change of a password. */
export function entrance(parts: Parts): Hono {
  const app = new Hono();
  app.get(
    '/local/onboarding',
    visited(parts, (visit) => onboarding(parts, visit)),
  );
  app.post(
    '/local/onboarding',
    visited(parts, (visit) => onboard(parts, visit)),
  );
  app.get(
    '/users/sign_in',
    visited(parts, (visit) => (visit.user === undefined ? signInForm(parts, visit) : redirect(parts, visit, '/'))),
  );
  app.post(
    '/users/sign_in',
    visited(parts, (visit) => signIn(parts, visit)),
  );
  app.delete(
    '/users/sign_out',
    visited(parts, (visit) => signOut(parts, visit)),
  );
  app.delete(
    '/users',
    visited(parts, (visit) => endRegistration(parts, visit)),
  );
  app.get(
    '/users/sign_up',
    visited(parts, (visit) => redirect(parts, visit, '/users/sign_in', { alert: 'Sign up is disabled.' })),
  );
  app.get(
    '/password_change',
    visited(parts, (visit) => passwordForm(parts, visit)),
  );
  app.patch(
    '/password_change',
    visited(parts, (visit) => changePassword(parts, visit)),
  );
  return app;
}

/** The first page of a Canine that has no user yet; afterwards the log-in. */
export function onboarding(parts: Parts, visit: Visit): Response {
  if (parts.people.anybody()) return redirect(parts, visit, '/users/sign_in');
  const fields = (token: string): string =>
    form(
      '/local/onboarding',
      token,
      [
        { name: 'onboarding_method', type: 'hidden', value: 'normal' },
        { name: 'account[name]', type: 'text' },
        { name: 'user[email]', type: 'email' },
        { name: 'user[password]', type: 'password' },
        { name: 'connect_cluster', type: 'checkbox', value: '1' },
        { name: 'install_build_cloud', type: 'checkbox', value: '1' },
      ],
      'Get Started',
    );
  return show(parts, visit, (token) => `<h1>Select your installation method</h1>\n${fields(token)}`);
}

function onboard(parts: Parts, visit: Visit): Response {
  const { context, params } = visit;
  if (parts.people.anybody()) return redirect(parts, visit, '/users/sign_in');
  if (text(params, 'onboarding_method') !== 'normal')
    return redirect(parts, visit, '/local/onboarding', { alert: 'Invalid onboarding method' });
  const [account, user] = [group(params, 'account'), group(params, 'user')];
  if (account === undefined || user === undefined) return railsError(context, 500);
  const wantsPackages = (groups(params, 'packages') ?? []).some((one) => text(one, 'enabled') === '1');
  if (wantsPackages) return redirect(parts, visit, '/local/onboarding', { alert: "This lab's Canine installs no packages" });
  try {
    const first = {
      email: text(user, 'email'),
      password: text(user, 'password'),
      account: text(account, 'name'),
      connect: text(params, 'connect_cluster') === '1',
    };
    const made = parts.people.onboard(first);
    return redirect(parts, visit, '/', { userId: made.user.id, accountId: made.account.id });
  } catch (error) {
    if (!(error instanceof RecordInvalid)) throw error;
    return redirect(parts, visit, '/local/onboarding', { alert: error.message });
  }
}

function signInForm(parts: Parts, visit: Visit, status: 200 | 422 = 200): Response {
  const fields = (token: string): string =>
    form(
      '/users/sign_in',
      token,
      [
        { name: 'user[email]', type: 'email' },
        { name: 'user[password]', type: 'password' },
        { name: 'user[remember_me]', type: 'checkbox', value: '1' },
      ],
      'Sign in',
    );
  return show(parts, visit, (token) => `<h1>Log in</h1>\n${fields(token)}`, { status });
}

function signIn(parts: Parts, visit: Visit): Response {
  const given = group(visit.params, 'user');
  const user = parts.people.userByEmail(text(given, 'email'));
  if (user === undefined || !passwordMatches(text(given, 'password'), user.password_digest)) {
    return signInForm(parts, { ...visit, session: { ...visit.session, alert: 'Invalid Email or password.' } }, 422);
  }
  return redirect(parts, visit, '/', { userId: user.id, notice: 'Signed in successfully.', status: 303 });
}

function signOut(parts: Parts, visit: Visit): Response {
  const { userId: _user, accountId: _account, ...session } = visit.session;
  return redirect(parts, { ...visit, session }, '/', { notice: 'Signed out successfully.' });
}

/** Devise's registrations: whoever is logged in ends his own. */
function endRegistration(parts: Parts, visit: Visit): Response {
  if (visit.user === undefined) return redirect(parts, visit, '/users/sign_in');
  parts.people.deleteUser(visit.user);
  const { userId: _user, accountId: _account, ...session } = visit.session;
  return redirect(parts, { ...visit, session }, '/', {
    notice: 'Bye! Your account has been successfully cancelled. We hope to see you again soon.',
    status: 303,
  });
}

function passwordForm(parts: Parts, visit: Visit, problems: string[] = []): Response {
  if (visit.user === undefined) return redirect(parts, visit, '/users/sign_in');
  if (visit.user.password_change_required === 0) return redirect(parts, visit, '/');
  const fields = (token: string): string =>
    form(
      '/password_change',
      token,
      ['current_password', 'password', 'password_confirmation'].map((name) => ({ name: `user[${name}]`, type: 'password' })),
      'Change password',
    );
  return show(parts, visit, (token) => `<h1>Change your password</h1>\n${list(problems)}\n${fields(token)}`, {
    status: problems.length > 0 ? 422 : 200,
  });
}

function changePassword(parts: Parts, visit: Visit): Response {
  if (visit.user === undefined) return redirect(parts, visit, '/users/sign_in');
  const given = group(visit.params, 'user');
  if (!passwordMatches(text(given, 'current_password'), visit.user.password_digest))
    return passwordForm(parts, visit, ['Current password is invalid']);
  if (text(given, 'password') !== text(given, 'password_confirmation'))
    return passwordForm(parts, visit, ["Password confirmation doesn't match Password"]);
  try {
    parts.people.changePassword(visit.user, text(given, 'password'));
    return redirect(parts, visit, '/', { notice: 'Password changed successfully.' });
  } catch (error) {
    if (!(error instanceof RecordInvalid)) throw error;
    return passwordForm(parts, visit, [error.message]);
  }
}
