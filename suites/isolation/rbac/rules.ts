import type { V1ClusterRole } from '@kubernetes/client-node';
import type { DocumentedCluster } from '../../../guide/cluster.ts';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { isLiving } from '../../fixtures/living-tenants.ts';

/** What everybody who has logged in may do, ServiceAccounts too (Kubernetes: RBAC, default roles and role bindings). */
const rolesOfEverybody = ['system:basic-user', 'system:discovery', 'system:public-info-viewer', 'system:service-account-issuer-discovery'];

interface Rule {
  readonly verbs?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

/** What the bearer may do in a namespace by its own account (SelfSubjectRulesReview), and nobody else without a binding. */
export async function ownRules(
  bearer: Kubernetes,
  admin: Kubernetes,
  { namespace, signal }: { namespace: string; signal: AbortSignal },
): Promise<string[]> {
  const [common, all] = await Promise.all([rightsOfEverybody(admin), reviewedRights(bearer, { namespace, signal })]);
  return all.filter((each) => !common.has(each));
}

async function rightsOfEverybody(admin: Kubernetes): Promise<ReadonlySet<string>> {
  const roles = await Promise.all(rolesOfEverybody.map((name): Promise<V1ClusterRole> => admin.rbac.readClusterRole({ name })));
  return new Set(roles.flatMap(({ rules }) => (rules ?? []).flatMap(rights)));
}

async function reviewedRights(bearer: Kubernetes, { namespace, signal }: { namespace: string; signal: AbortSignal }): Promise<string[]> {
  const { status, body, message } = await bearer.request(
    { method: 'POST', path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', body: { spec: { namespace } } },
    signal,
  );
  if (status !== 201) throw new Error(`no review of the rules in ${namespace}: ${status} ${message}`);
  const reviewed = (body as { status: { resourceRules: Rule[]; nonResourceRules: Rule[]; incomplete: boolean } }).status;
  if (reviewed.incomplete) throw new Error(`the review of the rules in ${namespace} is incomplete`);
  return [...new Set([...reviewed.resourceRules, ...reviewed.nonResourceRules].flatMap(rights))];
}

/** What the bearer may do in each namespace of others that there is, whoever made it: for example `metallb-system: get pods`. */
export async function rulesElsewhere(
  bearer: Kubernetes,
  admin: Kubernetes,
  { own, signal }: { own: string; signal: AbortSignal },
): Promise<string[]> {
  const [common, { items }] = await Promise.all([rightsOfEverybody(admin), admin.core.listNamespace()]);
  const names = items.filter(isLiving).flatMap(({ metadata }) => (metadata?.name === own ? [] : (metadata?.name ?? [])));
  const rules = await Promise.all(
    names.map(async (namespace) => {
      const all = await reviewedRights(bearer, { namespace, signal });
      return all.filter((each) => !common.has(each)).map((right) => `${namespace}: ${right}`);
    }),
  );
  return rules.flat();
}

/** The guide's role as `ownRules` tells it. */
export function rightsOfRole({ verbs, resources }: DocumentedCluster['tenantRole']): string[] {
  return resources.flatMap(({ apiVersion, resource }) =>
    rights({ verbs, apiGroups: [apiVersion.includes('/') ? apiVersion.replace(/\/.*$/, '') : ''], resources: [resource] }),
  );
}

/** For example `get pods`, `list deployments.apps`, `get /healthz`. */
function rights({ verbs = [], apiGroups = [], resources = [], resourceNames, nonResourceURLs = [] }: Rule): string[] {
  const named = resourceNames === undefined || resourceNames.length === 0 ? '' : ` named ${resourceNames.join(', ')}`;
  const objects = apiGroups.flatMap((group) => resources.map((resource) => `${resource}${group === '' ? '' : `.${group}`}${named}`));
  return verbs.flatMap((verb) => [...objects, ...nonResourceURLs].map((each) => `${verb} ${each}`));
}

/** What the API says to each pair of the role's verbs and resources in a namespace (SelfSubjectAccessReview). */
export async function reviewedPairs(
  bearer: Kubernetes,
  role: DocumentedCluster['tenantRole'],
  { namespace, signal }: { namespace: string; signal: AbortSignal },
): Promise<{ allowed: string[]; denied: string[] }> {
  const pairs = role.resources.flatMap(({ apiVersion, resource }) =>
    role.verbs.map((verb) => ({ verb, group: apiVersion.includes('/') ? apiVersion.replace(/\/.*$/, '') : '', resource })),
  );
  const reviewed = await Promise.all(
    pairs.map(async ({ verb, group, resource }) => {
      const [name, subresource] = resource.split('/');
      const attributes = { namespace, verb, group, resource: name, ...(subresource === undefined ? {} : { subresource }) };
      const { status, body, message } = await bearer.request(
        {
          method: 'POST',
          path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
          body: { spec: { resourceAttributes: attributes } },
        },
        signal,
      );
      if (status !== 201) throw new Error(`no review of ${verb} ${resource} in ${namespace}: ${status} ${message}`);
      return { text: `${verb} ${resource}`, allowed: (body as { status: { allowed: boolean } }).status.allowed };
    }),
  );
  const texts = (allowed: boolean): string[] => reviewed.filter((each) => each.allowed === allowed).map(({ text }) => text);
  return { allowed: texts(true), denied: texts(false) };
}
