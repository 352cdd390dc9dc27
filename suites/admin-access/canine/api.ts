import type { HttpAnswer, HttpRequest } from '../../../harness/platform/kubernetes/port-forward.ts';

/** Sends one request to Canine's web process. */
export type Ask = (request: HttpRequest) => Promise<HttpAnswer>;

/** Canine answered, and not as the operation promises: what was observed, unlike a connection that fails. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** An operation below /api/v1 that needs a token. */
export type Operation = Pick<HttpRequest, 'method' | 'path' | 'body'>;

export interface Person {
  readonly email: string;
  readonly password: string;
}

/** An application of a public image; its repository and branch are the image's name and tag. */
export interface NewApp {
  readonly name: string;
  readonly repository: string;
  readonly branch: string;
  /** What the container runs, and where it serves HTTP. */
  readonly command: string;
  readonly port: number;
}

/**
 * Canine's operations as the guide's Step 7 promises them. Each throws a Refused when Canine does not do it, and any other
 * error when it could not be asked.
 */
export interface CanineApi {
  readonly ask: Ask;
  /** Every operation that needs a token, with this application in its paths; the first one reads. */
  operations(app: string): readonly [Operation, ...Operation[]];
  /** An operation with a token, or without one. */
  withToken(operation: Operation, token?: string): Promise<HttpAnswer>;
  /** The administrator's API key, from where the guide has it. */
  adminToken(): Promise<string>;
  /** A key that has been valid. */
  revokedToken(): Promise<string>;
  /** A tenant with an application that runs where this kubeconfig says. */
  tenant(person: Person, kubeconfig: string): Promise<Tenant>;
  listUsers(): Promise<readonly string[]>;
  user(person: Person): UserOperations;
  listApps(): Promise<readonly ListedApp[]>;
  app(app: NewApp): AppOperations;
  /** Deletes every application, user and key that was made by this object; what is gone already is no error. */
  removeAll(): Promise<void>;
}

interface ListedApp {
  readonly name: string;
  readonly repository: string;
  readonly branch: string;
}

export interface UserOperations {
  /** Returns the password that the user has at first. */
  create(): Promise<string>;
  /** The user's e-mail address, as Canine tells it. */
  fetch(): Promise<string>;
  setPassword(password: string): Promise<void>;
  suspend(): Promise<void>;
  restore(): Promise<void>;
  /** Logs in at the dashboard, and sees a page behind the log-in. */
  logIn(password: string): Promise<void>;
  /** Calls the API with a key of the user's own. */
  useApi(): Promise<void>;
}

/** A tenant of Canine, with an application of its own. */
export interface Tenant {
  readonly token: string;
  readonly account: string;
  readonly app: string;
  /** A build of that application. */
  readonly build: string;
  /** What of the tenant somebody else could have changed, in words. */
  state(): Promise<string>;
  /** Tries to set an environment variable, CONFORM, of a tenant's application at the dashboard; of its own, too. */
  setVariable(of: Tenant): Promise<void>;
  /** Tries to delete another tenant's application, and to remove its user, at the dashboard. */
  attack(other: Tenant): Promise<void>;
}

export interface AppOperations {
  create(): Promise<void>;
  /** Begins a deployment; returns its ID. */
  deploy(): Promise<string>;
  deployments(): Promise<readonly string[]>;
  /** Of the newest one. */
  latestStatus(): Promise<string>;
  setVariable(name: string, value: string): Promise<void>;
  variables(): Promise<readonly string[]>;
  deleteVariable(name: string): Promise<void>;
  scale(replicas: number): Promise<void>;
  addDomain(domain: string): Promise<void>;
  delete(): Promise<void>;
}

/** The address that tells that Canine lives: of the guide's Step 7, and the one that it really has (E37). */
export const healthPaths = { guide: '/api/v1/health', upstream: '/up' } as const;

/** The answer, when it has one of the statuses; throws a Refused otherwise. */
export function answered(
  answer: HttpAnswer,
  { method, path }: Pick<HttpRequest, 'method' | 'path'>,
  statuses: readonly number[],
): HttpAnswer {
  if (statuses.includes(answer.status)) return answer;
  throw new Refused(`${method} ${path}: ${answerText(answer)}`);
}

/** The status, with the beginning of what is no web page. */
export function answerText({ status, headers, body }: HttpAnswer): string {
  const isPage = (headers['content-type'] ?? '').startsWith('text/html');
  return isPage || body === '' ? `HTTP ${status}` : `HTTP ${status} ${body.slice(0, 160)}`;
}

/** The answer's JSON; throws a Refused where it is none. */
export function json(answer: HttpAnswer, { method, path }: Pick<HttpRequest, 'method' | 'path'>): unknown {
  try {
    return JSON.parse(answer.body);
  } catch {
    throw new Refused(`${method} ${path}: ${answerText(answer)}, which is no JSON`);
  }
}
