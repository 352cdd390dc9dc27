import type { HttpAnswer, HttpRequest } from '../../../harness/platform/kubernetes/port-forward.ts';
import { type Ask, type Person, Refused, answerText, answered } from './api.ts';

/** Fields of a form; in pairs where a name comes more than once. */
export type Fields = Readonly<Record<string, string>> | readonly (readonly [string, string])[];

const page = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
/** Canine sends a form's sender on with either. */
const done = [200, 201, 204, 302, 303];

/** A visitor of Canine's dashboard: keeps the session's cookies, and sends the page's token with every form (Rails). */
export class Dashboard {
  readonly #ask: Ask;
  readonly #cookies = new Map<string, string>();
  #token = '';

  private constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Logs somebody in; throws a Refused when Canine does not let him in, or shows him no page behind the log-in. */
  static async logIn(ask: Ask, { email, password }: Person): Promise<Dashboard> {
    const visitor = await Dashboard.#begun(ask, { email, password });
    const projects = await visitor.get('/projects');
    if (projects.status === 200) return visitor;
    throw new Refused(`the dashboard shows ${email} no projects: ${landing(projects)}`);
  }

  /** Logs in somebody who was given a password that he must change first, and changes it. */
  static async firstLogIn(ask: Ask, { email, password }: Person, chosen: string): Promise<Dashboard> {
    const visitor = await Dashboard.#begun(ask, { email, password });
    await visitor.get('/password_change');
    const answer = await visitor.submit('PATCH', '/password_change', {
      'user[current_password]': password,
      'user[password]': chosen,
      'user[password_confirmation]': chosen,
    });
    if (answer.status >= 400) throw new Refused(`PATCH /password_change: ${answerText(answer)}`);
    return visitor;
  }

  static async #begun(ask: Ask, { email, password }: Person): Promise<Dashboard> {
    const visitor = new Dashboard(ask);
    await visitor.get('/users/sign_in');
    const answer = await visitor.submit('POST', '/users/sign_in', { 'user[email]': email, 'user[password]': password });
    // Canine sends on who has logged in, and shows the form again to whoever has not.
    if (answer.status === 302 || answer.status === 303) return visitor;
    throw new Refused(`the dashboard does not let ${email} in: ${answerText(answer)}`);
  }

  async get(path: string, headers: Readonly<Record<string, string>> = page): Promise<HttpAnswer> {
    return this.#send({ method: 'GET', path, headers });
  }

  async submit(
    method: HttpRequest['method'],
    path: string,
    fields: Fields = {},
    headers: Readonly<Record<string, string>> = page,
  ): Promise<HttpAnswer> {
    const form = { 'content-type': 'application/x-www-form-urlencoded', 'x-csrf-token': this.#token };
    return this.#send({ method, path, headers: { ...headers, ...form }, body: new URLSearchParams(pairsOf(fields)).toString() });
  }

  /** As `submit`; throws a Refused when it was not accepted. */
  async done(method: HttpRequest['method'], path: string, fields: Fields = {}): Promise<HttpAnswer> {
    return answered(await this.submit(method, path, fields), { method, path }, done);
  }

  async #send(request: HttpRequest & { readonly headers: Readonly<Record<string, string>> }): Promise<HttpAnswer> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await this.#ask({ ...request, headers: { ...request.headers, ...(cookie === '' ? {} : { cookie }) } });
    for (const each of answer.cookies) {
      const [pair = ''] = each.split(';');
      this.#cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    this.#token = /name="csrf-token" content="([^"]+)"/.exec(answer.body)?.[1] ?? this.#token;
    return answer;
  }
}

function pairsOf(fields: Fields): [string, string][] {
  const pairs = Array.isArray(fields)
    ? (fields as readonly (readonly [string, string])[])
    : Object.entries(fields as Readonly<Record<string, string>>);
  return pairs.map(([name, value]) => [name, value]);
}

function landing(answer: HttpAnswer): string {
  const { location } = answer.headers;
  return location === undefined ? answerText(answer) : `HTTP ${answer.status} to ${new URL(location, 'http://canine').pathname}`;
}

/** The number in the first link like `<path>/7` of the row (of a table or a list) that shows a text; throws a Refused when there is none. */
export function idBeside({ body }: HttpAnswer, text: string, path: string): string {
  const row = body.split(/<tr|<li/).find((each) => each.includes(text) && each.includes(`${path}/`));
  const id = new RegExp(`${path}/(\\d+)`).exec(row ?? '')?.[1];
  if (id === undefined) throw new Refused(`no row with ${text} and a link ${path}/... on the page`);
  return id;
}
