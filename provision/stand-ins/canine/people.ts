import { randomBytes, randomUUID } from 'node:crypto';
import type { Database } from './database.ts';
import { digestPassword } from './password.ts';
import type { Account, ApiToken, Cluster, Role, User } from './records.ts';
import { nameProblems, type Problems, RecordInvalid } from './validation.ts';

/** Devise's `password_length` and e-mail format in Canine's configuration. */
const passwordLength = { minimum: 6, maximum: 128 };
const emailFormat = /^[^@\s]+@[^@\s]+$/;

/** Users, accounts, who belongs to which, and their API tokens. */
export class People {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  anybody(): boolean {
    return this.#database.first('users', '') !== undefined;
  }

  user(id: number): User | undefined {
    return this.#database.first('users', 'WHERE id = ?', id);
  }

  userByEmail(email: string): User | undefined {
    return this.#database.first('users', 'WHERE email = ?', email.trim().toLowerCase());
  }

  /** The first user, an administrator, with an account; `connect` adds the cluster that Canine runs in, named in-cluster. */
  onboard(first: { email: string; password: string; account: string; connect: boolean }): { user: User; account: Account } {
    return this.#database.transaction(() => {
      const user = this.#addUser({ email: first.email, password: first.password, admin: true });
      const account = this.#addAccount(first.account, user);
      if (first.connect) this.#addInCluster(account);
      return { user, account };
    });
  }

  /** A further account of a user, who becomes its owner. */
  createAccount(name: string, owner: User): Account {
    return this.#database.transaction(() => this.#addAccount(name, owner));
  }

  /** Adds somebody to an account; a new user gets a password that must be changed at the first log-in. */
  invite(email: string, account: Account): { user: User; temporaryPassword?: string } {
    return this.#database.transaction(() => {
      const known = this.userByEmail(email);
      if (known !== undefined) {
        this.#join(account, known, 'member');
        return { user: known };
      }
      const temporaryPassword = `${randomBytes(4).toString('hex')}!${randomBytes(2).toString('hex')}`;
      const user = this.#addUser({ email, password: temporaryPassword, firstName: email.split('@')[0] ?? null, mustChange: true });
      this.#join(account, user, 'member');
      return { user, temporaryPassword };
    });
  }

  changePassword(user: User, password: string): void {
    const problems = passwordProblems(password);
    if (Object.keys(problems).length > 0) throw new RecordInvalid(problems);
    this.#database.update('users', user.id, { password_digest: digestPassword(password), password_change_required: 0 });
  }

  accountsOf(user: User): Account[] {
    return this.#database.all(
      'accounts',
      'JOIN account_users m ON m.account_id = accounts.id WHERE m.user_id = ? ORDER BY accounts.id',
      user.id,
    );
  }

  /** By number or by slug. */
  account(idOrSlug: string): Account | undefined {
    return this.#database.first('accounts', 'WHERE CAST(id AS TEXT) = ? OR slug = ?', idOrSlug, idOrSlug);
  }

  /** By number or by slug, among the user's own. */
  accountOf(user: User, idOrSlug: string): Account | undefined {
    return this.accountsOf(user).find(({ id, slug }) => String(id) === idOrSlug || slug === idOrSlug);
  }

  members(account: Account): { id: number; user: User; role: Role }[] {
    const users = this.#database.all(
      'users',
      'JOIN account_users m ON m.user_id = users.id WHERE m.account_id = ? ORDER BY users.id',
      account.id,
    );
    const memberships = this.#database.all('account_users', 'WHERE account_id = ?', account.id);
    return users.flatMap((user) => memberships.filter(({ user_id }) => user_id === user.id).map(({ id, role }) => ({ id, user, role })));
  }

  leave(account: Account, user: User): void {
    this.#database.run('DELETE FROM account_users WHERE account_id = ? AND user_id = ?', account.id, user.id);
  }

  /** With everything that the user owns: accounts, their clusters and projects, keys. */
  deleteUser(user: User): void {
    const owned = 'SELECT id FROM accounts WHERE owner_id = ?';
    this.#database.transaction(() => {
      this.#database.run(`DELETE FROM projects WHERE cluster_id IN (SELECT id FROM clusters WHERE account_id IN (${owned}))`, user.id);
      for (const table of ['clusters', 'account_users']) this.#database.run(`DELETE FROM ${table} WHERE account_id IN (${owned})`, user.id);
      for (const table of ['account_users', 'api_tokens']) this.#database.run(`DELETE FROM ${table} WHERE user_id = ?`, user.id);
      this.#database.run('DELETE FROM accounts WHERE owner_id = ?', user.id);
      this.#database.run('DELETE FROM users WHERE id = ?', user.id);
    });
  }

  clusters(account: Account): Cluster[] {
    return this.#database.all('clusters', 'WHERE account_id = ? ORDER BY name', account.id);
  }

  /** A cluster that is reached by a kubeconfig. Its account sees it alone. */
  addCluster(account: Account, given: { name: string; cluster_type: string; kubeconfig: string }): Cluster {
    const problems = { ...nameProblems(given.name), ...(given.kubeconfig === '' ? { kubeconfig: ["can't be blank"] } : {}) };
    const taken = this.clusters(account).some(({ name }) => name === given.name);
    if (taken) Object.assign(problems, { name: ['has already been taken'] });
    if (Object.keys(problems).length > 0) throw new RecordInvalid(problems);
    return this.#database.insert('clusters', { account_id: account.id, ...given, status: 'running' });
  }

  createToken(user: User, name: string, expiresAt: string | null): ApiToken {
    const access_token = randomBytes(16).toString('hex');
    return this.#database.insert('api_tokens', { user_id: user.id, name, access_token, expires_at: expiresAt });
  }

  tokensOf(user: User): ApiToken[] {
    return this.#database.all('api_tokens', 'WHERE user_id = ? ORDER BY created_at DESC, id DESC', user.id);
  }

  /** The dashboard shows a token in full once. */
  markShown(token: ApiToken): void {
    this.#database.update('api_tokens', token.id, { shown: 1 });
  }

  deleteToken(user: User, id: number): boolean {
    return this.#database.run('DELETE FROM api_tokens WHERE id = ? AND user_id = ?', id, user.id) > 0;
  }

  /** The user whom a valid token belongs to; notes when it was used. */
  userByToken(accessToken: string): User | undefined {
    const token = this.#database.first('api_tokens', 'WHERE access_token = ?', accessToken);
    if (token === undefined || (token.expires_at !== null && Date.parse(token.expires_at) < Date.now())) return undefined;
    this.#database.update('api_tokens', token.id, { last_used_at: new Date().toISOString() });
    return this.user(token.user_id);
  }

  firstAdmin(): User | undefined {
    return this.#database.first('users', 'WHERE admin = 1 ORDER BY id');
  }

  #addUser(given: { email: string; password: string; admin?: boolean; firstName?: string | null; mustChange?: boolean }): User {
    const email = given.email.trim().toLowerCase();
    const problems: Problems = { ...this.#emailProblems(email), ...passwordProblems(given.password) };
    if (Object.keys(problems).length > 0) throw new RecordInvalid(problems);
    return this.#database.insert('users', {
      email,
      password_digest: digestPassword(given.password),
      first_name: given.firstName ?? null,
      admin: given.admin === true ? 1 : 0,
      password_change_required: given.mustChange === true ? 1 : 0,
    });
  }

  #emailProblems(email: string): Problems {
    if (email === '') return { email: ["can't be blank"] };
    if (!emailFormat.test(email)) return { email: ['is invalid'] };
    return this.userByEmail(email) === undefined ? {} : { email: ['has already been taken'] };
  }

  #addAccount(name: string, owner: User): Account {
    const wanted = slugOf(name);
    const taken = this.#database.first('accounts', 'WHERE slug = ?', wanted) !== undefined;
    const slug = taken || wanted === '' ? [wanted, randomUUID()].filter((part) => part !== '').join('-') : wanted;
    const account = this.#database.insert('accounts', { name, slug, owner_id: owner.id });
    this.#join(account, owner, 'owner');
    return account;
  }

  #join(account: Account, user: User, role: Role): void {
    this.#database.insert('account_users', { account_id: account.id, user_id: user.id, role });
  }

  #addInCluster(account: Account): void {
    this.#database.insert('clusters', { account_id: account.id, name: 'in-cluster', cluster_type: 'k8s', status: 'running' });
  }
}

function passwordProblems(password: string): Problems {
  if (password === '') return { password: ["can't be blank"] };
  if (password.length < passwordLength.minimum) return { password: [`is too short (minimum is ${passwordLength.minimum} characters)`] };
  if (password.length > passwordLength.maximum) return { password: [`is too long (maximum is ${passwordLength.maximum} characters)`] };
  return {};
}

function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
