import { DatabaseSync } from 'node:sqlite';
import type {
  Account,
  AccountUser,
  ApiToken,
  Build,
  Cluster,
  Deployment,
  Domain,
  EnvironmentVariable,
  Project,
  Service,
  User,
} from './records.ts';

/** What the rows of each table are. */
interface Tables {
  readonly users: User;
  readonly accounts: Account;
  readonly account_users: AccountUser;
  readonly api_tokens: ApiToken;
  readonly clusters: Cluster;
  readonly projects: Project;
  readonly services: Service;
  readonly domains: Domain;
  readonly environment_variables: EnvironmentVariable;
  readonly builds: Build;
  readonly deployments: Deployment;
}

/** Columns carry the names of Canine's own schema (db/schema.rb); enums are kept as their names. Times are ISO 8601 in UTC with milliseconds, as Rails prints them. */
const schema = `
CREATE TABLE IF NOT EXISTS users (
  id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE, password_digest TEXT NOT NULL, first_name TEXT, last_name TEXT,
  admin INTEGER NOT NULL DEFAULT 0, password_change_required INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS accounts (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, slug TEXT NOT NULL UNIQUE, owner_id INTEGER NOT NULL REFERENCES users(id),
  created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS account_users (
  id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER NOT NULL REFERENCES accounts(id), user_id INTEGER NOT NULL REFERENCES users(id),
  role TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, UNIQUE (account_id, user_id));
CREATE TABLE IF NOT EXISTS api_tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL REFERENCES users(id), name TEXT NOT NULL, access_token TEXT NOT NULL UNIQUE,
  expires_at TEXT, last_used_at TEXT, shown INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS clusters (
  id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER NOT NULL REFERENCES accounts(id), name TEXT NOT NULL, cluster_type TEXT NOT NULL,
  status TEXT NOT NULL, kubeconfig TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, UNIQUE (account_id, name));
CREATE TABLE IF NOT EXISTS projects (
  id INTEGER PRIMARY KEY AUTOINCREMENT, cluster_id INTEGER NOT NULL REFERENCES clusters(id), name TEXT NOT NULL, namespace TEXT NOT NULL,
  managed_namespace INTEGER NOT NULL, repository_base_url TEXT NOT NULL, repository_url TEXT NOT NULL, branch TEXT NOT NULL,
  autodeploy INTEGER NOT NULL, status TEXT NOT NULL, current_deployment_id INTEGER, created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS services (
  id INTEGER PRIMARY KEY AUTOINCREMENT, project_id INTEGER NOT NULL REFERENCES projects(id) ON DELETE CASCADE, name TEXT NOT NULL,
  service_type TEXT NOT NULL, status TEXT NOT NULL, replicas INTEGER NOT NULL, container_port INTEGER NOT NULL, command TEXT,
  healthcheck_url TEXT, allow_public_networking INTEGER NOT NULL, schedule TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, UNIQUE (project_id, name));
CREATE TABLE IF NOT EXISTS domains (
  id INTEGER PRIMARY KEY AUTOINCREMENT, service_id INTEGER NOT NULL REFERENCES services(id) ON DELETE CASCADE, domain_name TEXT NOT NULL,
  status TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, UNIQUE (service_id, domain_name));
CREATE TABLE IF NOT EXISTS environment_variables (
  id INTEGER PRIMARY KEY AUTOINCREMENT, project_id INTEGER NOT NULL REFERENCES projects(id) ON DELETE CASCADE, name TEXT NOT NULL,
  value TEXT NOT NULL, storage_type TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, UNIQUE (project_id, name));
CREATE TABLE IF NOT EXISTS builds (
  id INTEGER PRIMARY KEY AUTOINCREMENT, project_id INTEGER NOT NULL REFERENCES projects(id) ON DELETE CASCADE, status TEXT NOT NULL,
  commit_sha TEXT NOT NULL, commit_message TEXT, logs TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS deployments (
  id INTEGER PRIMARY KEY AUTOINCREMENT, build_id INTEGER NOT NULL REFERENCES builds(id) ON DELETE CASCADE, status TEXT NOT NULL,
  version TEXT NOT NULL, manifests TEXT NOT NULL, logs TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
`;

type Value = string | number | null;

/** Rows in and out of the state on the volume. Each statement is on the disk (WAL, synchronous=FULL) when its call returns. */
export class Database {
  readonly #sqlite: DatabaseSync;

  constructor(path: string) {
    this.#sqlite = new DatabaseSync(path);
    this.#sqlite.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    this.#sqlite.exec(schema);
  }

  /** Rows of a table; `clause` is what follows FROM and the table's name. */
  all<Table extends keyof Tables>(table: Table, clause: string, ...values: Value[]): Tables[Table][] {
    return this.#sqlite.prepare(`SELECT ${table}.* FROM ${table} ${clause}`).all(...values) as unknown as Tables[Table][];
  }

  first<Table extends keyof Tables>(table: Table, clause: string, ...values: Value[]): Tables[Table] | undefined {
    return this.all(table, `${clause} LIMIT 1`, ...values)[0];
  }

  /** How many rows a statement changed. */
  run(sql: string, ...values: Value[]): number {
    return Number(this.#sqlite.prepare(sql).run(...values).changes);
  }

  /** Adds a row with both timestamps, and gives it back. */
  insert<Table extends keyof Tables>(table: Table, columns: Readonly<Record<string, Value>>): Tables[Table] {
    const now = new Date().toISOString();
    const row = { ...columns, created_at: now, updated_at: now };
    const names = Object.keys(row);
    const marks = names.map(() => '?').join(', ');
    const { lastInsertRowid } = this.#sqlite
      .prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${marks})`)
      .run(...Object.values(row));
    const added = this.first(table, 'WHERE id = ?', Number(lastInsertRowid));
    if (added === undefined) throw new Error(`${table}: the row that was added is not there`);
    return added;
  }

  update(table: keyof Tables, id: number, columns: Readonly<Record<string, Value>>): void {
    const row = { ...columns, updated_at: new Date().toISOString() };
    const assignments = Object.keys(row).map((name) => `${name} = ?`);
    this.run(`UPDATE ${table} SET ${assignments.join(', ')} WHERE id = ?`, ...Object.values(row), id);
  }

  /** All or nothing. */
  transaction<Result>(work: () => Result): Result {
    this.#sqlite.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#sqlite.exec('COMMIT');
      return result;
    } catch (error) {
      this.#sqlite.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#sqlite.close();
  }
}
