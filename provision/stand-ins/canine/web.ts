/**
 * Stand-in for Canine, the PaaS (CanineHQ/canine, branch main of August 2026; its chart 0.1.11 runs the tag `latest`).
 *
 * It answers as Canine's web process in boot mode `cluster` with onboarding method `normal`, and does its worker's jobs:
 * - the whole REST API below /api/v1 (me, projects, processes, builds, clusters, add_ons) with its key in X-API-Key, its JSON
 *   documents, refusals and statuses; Rails' own answers for everything else (404 page, 406, 422, /up);
 * - the dashboard's forms behind session cookie and token against forgery: onboarding of the first user, log-in, password
 *   change, end of a registration, projects of public images, services, domains, environment variables, deployments, API tokens,
 *   accounts, members, clusters by kubeconfig. There is no other way to an API token: the dashboard shows a new one once;
 * - deployments as real objects in a cluster: the namespace (label caninemanaged), then what Canine's chart of a project holds
 *   (ConfigMap, Secret, Deployment, Service, Ingress, CronJob), marked as Helm's; removal of a project with its namespace;
 * - all state in SQLite, on the disk before a request is answered; jobs that a crash cut off are run again.
 *
 * It does not: build from Git, install add-ons or cluster packages, keep Helm's release Secrets, volumes, check domains,
 * run pre- and post-deploy commands, teams, SSO, two factors, MCP, OAuth; it has no pages that look like Canine's.
 *
 * Faults (ConfigMap conform-faults in its namespace): accept-any-token (a wrong API token counts as the first administrator's),
 * any-account (a request may name an account that its user does not belong to), database-down (500 everywhere but /up),
 * one-namespace (parameter: the namespace that every project is deployed into), secrets-in-config-map (secret variables go to
 * the ConfigMap).
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { ApiException, CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { canine } from './app.ts';
import { Database } from './database.ts';
import { type Faults, switchedBy } from './faults.ts';
import { Jobs } from './jobs.ts';
import { connect } from './kubernetes.ts';
import { People } from './people.ts';
import { Projects } from './projects.ts';
import { Sessions } from './session.ts';

/** Canine's health checks of services run at minutes 0, 15, 30 and 45. */
const healthEveryMs = 15 * 60 * 1000;
const namespaceFile = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

const port = Number(process.env['PORT'] ?? 3000);
const storage = process.env['CANINE_STORAGE'] ?? '/rails/storage';
mkdirSync(storage, { recursive: true });

const database = new Database(join(storage, 'canine.sqlite3'));
const people = new People(database);
const projects = new Projects(database);
const faults = process.env['KUBERNETES_SERVICE_HOST'] === undefined ? switchedBy(async () => ({})) : clusterFaults();
const jobs = new Jobs({ projects, faults, connect });
const app = canine({ people, projects, jobs, faults, connect, sessions: new Sessions(required('SECRET_KEY_BASE')) });

const server = serve({ fetch: app.fetch, port, hostname: '0.0.0.0' }, ({ port: open }) =>
  console.log(`Listening on http://0.0.0.0:${open}`),
);
jobs.resume();
setTimeout(
  () => {
    jobs.checkHealth();
    setInterval(() => jobs.checkHealth(), healthEveryMs);
  },
  healthEveryMs - (Date.now() % healthEveryMs),
).unref();

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    server.close();
    database.close();
    process.exit(0);
  });
}

function clusterFaults(): Faults {
  const config = new KubeConfig();
  config.loadFromCluster();
  const core = config.makeApiClient(CoreV1Api);
  const namespace = readFileSync(namespaceFile, 'utf8');
  return switchedBy(async () => {
    try {
      return (await core.readNamespacedConfigMap({ name: 'conform-faults', namespace })).data ?? {};
    } catch (error) {
      if (error instanceof ApiException && error.code === 404) return {};
      throw error;
    }
  });
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set`);
  return value;
}
