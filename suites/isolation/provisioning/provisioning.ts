import { randomBytes } from 'node:crypto';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { CommandAnswer } from '../../../harness/platform/cluster.ts';
import type { Answer } from './answering-server.ts';
import { adminKey } from './canine-api.ts';
import { type Environment, type ScriptContext, runScript } from './guide-script.ts';

/** A tenant that nobody else has. */
export interface NewTenant {
  readonly name: string;
  readonly email: string;
  readonly password: string;
  /** Guide, Step 8: `canine-` and the name in lower case. */
  readonly namespace: string;
}

/** Names a tenant, and notes its namespace to be removed, whoever makes it. */
export async function newTenant(
  { changes }: Pick<ScriptContext, 'changes'>,
  spelled: (name: string) => string = (name) => name,
): Promise<NewTenant> {
  const name = `conform-${nonce()}`;
  const namespace = `canine-${name}`;
  await changes.expect({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  return { name: spelled(name), email: `${name}@example.com`, password: `Conform-${randomBytes(6).toString('hex')}!`, namespace };
}

/** A new tenant whose namespace is there before anything is provisioned, and not hardened. */
export async function tenantWithNamespace({ changes }: Pick<ScriptContext, 'changes'>): Promise<NewTenant> {
  const tenant = await newTenant({ changes });
  await changes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: tenant.namespace } });
  return tenant;
}

/** Runs provision-tenant.sh for a tenant with the administrator's key of Canine. */
export async function provision(context: ScriptContext, tenant: NewTenant): Promise<CommandAnswer> {
  return provisionWith(context, tenant, { CANINE_TOKEN: await adminKey(context) });
}

/** Runs provision-tenant.sh for a tenant in an environment, with another key than Canine's unless it names one. */
export async function provisionWith(
  context: Pick<ScriptContext, 'cluster' | 'signal'>,
  { name, email, password }: Pick<NewTenant, 'name' | 'email' | 'password'>,
  environment: Environment,
): Promise<CommandAnswer> {
  return runScript(context, {
    script: 'provision-tenant.sh',
    arguments: [name, email, password],
    environment: { CANINE_TOKEN: 'conform-no-key', ...environment },
  });
}

/** The answer of a Canine that takes the request, in the terms of the guide and of the real one: a user, or who asks. */
export function accepted({ name, email }: NewTenant, status = 201): Answer {
  const account = { id: 1, name: 'conform', slug: 'conform' };
  return {
    status,
    contentType: 'application/json',
    body: JSON.stringify({ id: 7, name, email, current_account: account, accounts: [account] }),
  };
}

/** The value behind a label that the script prints about a tenant (guide, Step 8). */
export function printed({ stdout }: CommandAnswer, label: string): string {
  return new RegExp(`^\\s*${label}:\\s*(.*)$`, 'm').exec(stdout)?.[1]?.trim() ?? 'nothing';
}

/** The tenants' namespaces that are named so, whatever is before or behind the name. */
export async function namespacesLike({ cluster: { kubernetes } }: Pick<CheckContext, 'cluster'>, name: string): Promise<string[]> {
  const { items } = await kubernetes.core.listNamespace();
  return items.flatMap(({ metadata }) => (metadata?.name?.includes(name.toLowerCase()) ? [metadata.name] : []));
}

/** The next step for the reader of a broken verdict about provision-tenant.sh. */
export const readPrinted = async (): Promise<string> => 'the raw output of provision-tenant.sh, in the observation of its exit code';
