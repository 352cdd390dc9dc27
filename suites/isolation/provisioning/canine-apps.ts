import { readFile } from 'node:fs/promises';
import { type Attempt, attempt } from '../../../harness/engine/attempt.ts';
import type { CommandAnswer } from '../../../harness/platform/cluster.ts';
import { type FixtureContext, fixture } from '../../../harness/platform/check.ts';
import { type NewTenant, namespacesLike, newTenant, provision } from './provisioning.ts';

/** A tenant with an app that Canine deployed into his namespace, or why there is none. */
export interface CanineApp {
  readonly tenant: NewTenant;
  /** Namespaces named like the tenant before he was provisioned. */
  readonly before: readonly string[];
  readonly provisioned: CommandAnswer;
  /** The name of the project and of its service, which no other has; its pods are labelled `app` with it. */
  readonly project: string;
  readonly deployed: Attempt<string>;
}

/** An image of the guide's own (Test Tenant Isolation). */
const image = 'docker.io/library/nginx:latest';
const port = '80';

/** Two tenants, provisioned by the guide's script, each with an app made at Canine's dashboard; removed there at the end. */
export const canineApps = fixture('apps of Canine', async (context): Promise<readonly [CanineApp, CanineApp]> =>
  Promise.all([canineApp(context), canineApp(context)]),
);

async function canineApp(context: FixtureContext): Promise<CanineApp> {
  const { cluster, changes, signal } = context;
  const tenant = await newTenant(context);
  const before = await namespacesLike(context, tenant.name);
  const provisioned = await provision(context, tenant);
  const project = `${tenant.name}-app`;
  const dashboard = await readFile(`${import.meta.dirname}/canine-project.sh`, 'utf8');
  const atDashboard = (...words: string[]): string[] => ['bash', '-c', dashboard, 'canine-project.sh', ...words];
  const reader = cluster.descriptor.guideReader ?? [];
  const deployed = await attempt(signal, async () => {
    // Whoever is not let in has made nothing that would have to be removed.
    const entered = await cluster.runAsReader(atDashboard('enter'), signal);
    if (entered.code !== 0) throw new Error(entered.stderr.trim());
    const change = {
      what: `remove project ${project} at Canine's dashboard`,
      run: [...reader, ...atDashboard('create', project, tenant.namespace, image, port)],
      undo: [...reader, ...atDashboard('delete', project)],
    };
    return changes.command(change, signal);
  });
  return { tenant, before, provisioned, project, deployed };
}
