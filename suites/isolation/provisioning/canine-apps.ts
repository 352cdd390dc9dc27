import { readFile } from 'node:fs/promises';
import { ExecaError } from 'execa';
import type { CommandAnswer } from '../../../harness/platform/cluster.ts';
import { type FixtureContext, fixture } from '../../../harness/platform/check.ts';
import { type NewTenant, namespacesLike, newTenant, provision } from './provisioning.ts';

/** A tenant with an app that Canine deployed into the tenant's namespace, or the reason why there is none. */
export interface CanineApp {
  readonly tenant: NewTenant;
  /** Namespaces named like the tenant before the tenant was provisioned. */
  readonly before: readonly string[];
  readonly provisioned: CommandAnswer;
  /** The name of the project and of its service, which no other has; its pods are labelled `app` with it. */
  readonly project: string;
  readonly deployment: Deployment;
}

type Deployment = { readonly kind: 'made' } | { readonly kind: 'refused'; readonly text: string };

/** An image of the guide's own (Test Tenant Isolation). */
const image = 'docker.io/library/nginx:latest';
const port = '80';
/** Guide, Canine, Step 4: the first user. */
const email = 'admin@vaheed.net';

/** Two tenants, provisioned by the guide's script, each with an app made at Canine's dashboard; removed there at the end. */
export const canineApps = fixture({ name: 'apps of Canine' }, async (context): Promise<readonly [CanineApp, CanineApp]> =>
  Promise.all([canineApp(context), canineApp(context)]),
);

async function canineApp(context: FixtureContext): Promise<CanineApp> {
  const tenant = await newTenant(context);
  const before = await namespacesLike(context, tenant.name);
  const provisioned = await provision(context, tenant);
  const project = `${tenant.name}-app`;
  const deployment: Deployment =
    provisioned.code === 0 ? await deploy(context, tenant, project) : { kind: 'refused', text: 'not tried, for provisioning had failed' };
  return { tenant, before, provisioned, project, deployment };
}

/** Makes and deploys a project at the dashboard. Throws when Canine does not answer. */
async function deploy({ cluster, changes, signal }: FixtureContext, { namespace }: NewTenant, project: string): Promise<Deployment> {
  const program = await readFile(`${import.meta.dirname}/canine-project.sh`, 'utf8');
  const url = `http://${cluster.documented.services.canine.hostname}`;
  const atDashboard = (...words: string[]): string[] => ['bash', '-c', program, 'canine-project.sh', url, email, ...words];
  const reader = cluster.descriptor.guideReader ?? [];
  // Whoever is not let in has made nothing that would have to be removed.
  const entered = await cluster.runAsReader(atDashboard('enter'), signal);
  if (entered.code !== 0) return refusal(entered.code, entered.stderr);
  try {
    await changes.command(
      {
        what: `remove project ${project} at Canine's dashboard`,
        run: [...reader, ...atDashboard('create', project, namespace, image, port)],
        undo: [...reader, ...atDashboard('delete', project)],
      },
      signal,
    );
    return { kind: 'made' };
  } catch (error) {
    if (error instanceof ExecaError && error.exitCode !== undefined) return refusal(error.exitCode, String(error.stderr));
    throw error;
  }
}

/** Exit codes of curl for a server that gave no whole answer (curl(1): no name, no connection, time-out, TLS, empty or cut answers). */
const noAnswer = [5, 6, 7, 18, 28, 35, 52, 55, 56];

function refusal(code: number, stderr: string): Deployment {
  if (noAnswer.includes(code)) throw new Error(`Canine does not answer at its dashboard: ${stderr.trim()}`);
  return { kind: 'refused', text: stderr.trim() };
}
