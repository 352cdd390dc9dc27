import type { KubernetesObject, V1Pod } from '@kubernetes/client-node';
import { attempt } from '../../../harness/engine/attempt.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { check } from '../../fixtures/check.ts';
import { type Kubernetes, readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { readManifest } from '../../../harness/platform/kubernetes/manifest.ts';
import { scratchTenant, tokenOf } from '../../fixtures/scratch-tenant.ts';
import { equal, noneOf } from '../../../harness/engine/measured.ts';
import { answerText } from '../admission.ts';
import { type Binding, bindingsThatName } from './bindings.ts';
import { failuresInLife } from './object-life.ts';
import { ownRules, reviewedPairs, rightsOfRole } from './rules.ts';
import { requirements } from '../requirements.ts';
import { forbidden, listsEverywhere, notForbidden, roleRequests, verbRequest } from './verbs.ts';

/** The guide's two tenants are read, and asked with dry runs alone. */
const ofTenants = { uses: ['tenant-alice', 'tenant-bob'] } as const;

type Account = Pick<CheckContext, 'cluster' | 'signal'>;

/** The API as a ServiceAccount. */
async function asAccount({ cluster: { kubernetes }, signal }: Account, namespace: string, name = 'tenant-sa'): Promise<Kubernetes> {
  return kubernetes.as(await tokenOf(kubernetes, { namespace, name }, signal));
}

check(
  requirements['ISO-RBAC-ALLOW'],
  async (context) => {
    const {
      cluster: { kubernetes, documented },
      changes,
      observe,
      control,
      signal,
    } = context;
    const { tenants, tenantRole } = documented;
    const { namespace, asTenant } = await scratchTenant(context);
    await changes.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'conform-unbound', namespace } });
    const accounts = [
      ...[tenants.alice, tenants.bob].map((where) => ({ where, account: asAccount(context, where) })),
      { where: namespace, account: Promise.resolve(asTenant) },
    ];
    const granted = await Promise.all(
      accounts.map(async ({ where, account }) => ({
        where,
        pairs: await reviewedPairs(await account, tenantRole, { namespace: where, signal }),
      })),
    );
    for (const { where, pairs } of granted)
      observe(noneOf('verbs and resources of tenant-role that tenant-sa is not granted', { saw: pairs.denied, vantage: where }));
    const unbound = await reviewedPairs(await asAccount(context, namespace, 'conform-unbound'), tenantRole, { namespace, signal });
    control(
      noneOf('verbs and resources of tenant-role that an account without a binding is granted', {
        saw: unbound.allowed,
        vantage: namespace,
      }),
    );

    const objects = await objectsOfRole(kubernetes, context, namespace);
    control(
      equal('kinds that are made', {
        expected: tenantRole.resources.map(({ resource }) => resource).filter((resource) => !resource.includes('/')),
        saw: objects.map(({ resource }) => resource),
      }),
    );
    const [lives, log] = await Promise.all([
      Promise.all(objects.map(({ object }) => failuresInLife(asTenant, object, signal))),
      logAndExec(context, { namespace, asTenant }),
    ]);
    observe(
      noneOf('what tenant-sa could not do to an object of each kind: create, get, list, watch, patch, update, delete', {
        saw: lives.flat(),
        vantage: namespace,
      }),
    );
    for (const each of log) observe({ ...each, vantage: namespace });
  },
  ofTenants,
);

/** An object of each kind of the role, with the name of its resource in the API. */
async function objectsOfRole(
  kubernetes: Kubernetes,
  { cluster: { documented }, signal }: Account,
  namespace: string,
): Promise<{ resource: string; object: KubernetesObject }[]> {
  const objects = await readManifest(`${import.meta.dirname}/role-objects.yaml`, { NAMESPACE: namespace });
  const named = await Promise.all(
    objects.map(async (object) => ({
      resource: resourceIn(
        await kubernetes.raw.path(
          { apiVersion: object.apiVersion ?? '', kind: object.kind ?? '', metadata: { name: 'one', namespace } },
          signal,
        ),
      ),
      object,
    })),
  );
  return named.filter(({ resource }) => documented.tenantRole.resources.some((each) => each.resource === resource));
}

/** `pods` of `/api/v1/namespaces/a/pods/one`. */
function resourceIn(path: string): string {
  return path.split('/').at(-2) ?? '';
}

/** What a tenant reads of its own pod, and runs in it. */
async function logAndExec(
  { signal }: Account,
  { namespace, asTenant }: { namespace: string; asTenant: Kubernetes },
): Promise<{ subject: string; expected: string; saw: string; held: boolean }[]> {
  const [pod] = await readManifest(`${import.meta.dirname}/../tenant-pod.yaml`, { NAME: 'conform-talks', NAMESPACE: namespace });
  await asTenant.raw.create(pod ?? {}, signal);
  await readyPods(asTenant, { namespace, selector: 'conform-pod=conform-talks', count: 1 }, signal);
  const [log, ran] = await Promise.all([
    asTenant.request({ method: 'GET', path: `/api/v1/namespaces/${namespace}/pods/conform-talks/log` }, signal),
    attempt(signal, () => asTenant.run({ namespace, pod: 'conform-talks' }, 'hostname', signal)),
  ]);
  const ranText = ran.kind === 'done' ? ran.value.trim() : ran.text;
  return [
    {
      subject: 'log of its own pod',
      expected: '200, with what the server says when it starts',
      saw: log.status === 200 ? `200, ${String(log.body).trim().slice(0, 80)}` : answerText(log),
      held: log.status === 200 && String(log.body).includes('Started HTTP server'),
    },
    { subject: 'exec of hostname in its own pod', expected: 'conform-talks', saw: ranText, held: ranText === 'conform-talks' },
  ];
}

check(
  requirements['ISO-RBAC-OTHER-NAMESPACE'],
  async (context) => {
    const {
      cluster: { documented },
      observe,
      control,
      signal,
    } = context;
    const {
      tenants: { alice, bob },
      platformNamespaces,
      tenantRole: { verbs, resources },
    } = documented;
    // Secrets of others are asked for, too, where the role has none (E44).
    const tenantRole = {
      verbs,
      resources: [...resources.filter(({ resource }) => resource !== 'secrets'), { apiVersion: 'v1', resource: 'secrets' }],
    };
    context.hint(
      async () =>
        `kubectl auth can-i --list --as=system:serviceaccount:${alice}:tenant-sa -n <namespace>, and suites' ISO-RBAC-NO-LEAKED-BINDING: which binding names it?`,
    );
    const [asAlice, asBob] = await Promise.all([asAccount(context, alice), asAccount(context, bob)]);
    const ownConfigMaps = (namespace: string) =>
      tenantRole.verbs.map((verb) => verbRequest(verb, `/api/v1/namespaces/${namespace}/configmaps`));
    for (const [who, name] of [
      [asAlice, alice],
      [asBob, bob],
    ] as const)
      control(
        noneOf('verbs that the same token is refused on ConfigMaps of its own namespace', {
          saw: await forbidden(who, ownConfigMaps(name), signal),
          vantage: name,
        }),
      );
    // One namespace after another: some eighty requests each are enough at a time.
    for (const namespace of [bob, ...platformNamespaces, 'kube-system', 'default'])
      observe(
        noneOf(`what tenant-sa of ${alice} is not refused in ${namespace}`, {
          saw: await notForbidden(asAlice, roleRequests(tenantRole, namespace), signal),
        }),
      );
    observe(
      noneOf(`what tenant-sa of ${bob} is not refused in ${alice}`, {
        saw: await notForbidden(asBob, roleRequests(tenantRole, alice), signal),
      }),
    );
    for (const [who, name] of [
      [asAlice, alice],
      [asBob, bob],
    ] as const)
      observe(
        noneOf(`what tenant-sa of ${name} may list across all namespaces`, {
          saw: await notForbidden(who, listsEverywhere(tenantRole), signal),
        }),
      );
  },
  ofTenants,
);

/** Kinds of the whole cluster, and of the namespaces that hold the platform's own settings. */
const clusterWide = [
  '/api/v1/nodes',
  '/api/v1/namespaces',
  '/api/v1/persistentvolumes',
  '/apis/storage.k8s.io/v1/storageclasses',
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  '/apis/crd.projectcalico.org/v1/globalnetworkpolicies',
  '/apis/projectcalico.org/v3/globalnetworkpolicies',
  '/apis/projectcalico.org/v3/hostendpoints',
  '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  '/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools',
  '/apis/metallb.io/v1beta1/namespaces/metallb-system/l2advertisements',
  '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
  '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
  '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies',
  '/apis/certificates.k8s.io/v1/certificatesigningrequests',
];

check(
  requirements['ISO-RBAC-NO-CLUSTER'],
  async (context) => {
    const {
      cluster: {
        kubernetes,
        documented: { tenants, tenantRole },
      },
      observe,
      control,
      signal,
    } = context;
    const requests = ['list', 'create', 'delete'].flatMap((verb) => clusterWide.map((collection) => verbRequest(verb, collection)));
    const lists = clusterWide.map((collection) => verbRequest('list', collection));
    for (const namespace of [tenants.alice, tenants.bob]) {
      const asTenant = await asAccount(context, namespace);
      observe(
        noneOf('what tenant-sa is not refused', {
          saw: await notForbidden(asTenant, requests, signal),
          vantage: `tenant-sa of ${namespace}`,
        }),
      );
      observe(
        equal('rights of tenant-sa in its own namespace, beside those of everybody', {
          expected: rightsOfRole(tenantRole),
          saw: await ownRules(asTenant, kubernetes, { namespace, signal }),
          vantage: `tenant-sa of ${namespace}`,
        }),
      );
      observe(
        equal('rights of tenant-sa elsewhere, beside those of everybody', {
          expected: [],
          saw: await ownRules(asTenant, kubernetes, { namespace: 'default', signal }),
          vantage: `tenant-sa of ${namespace}`,
        }),
      );
    }
    const seen = await Promise.all(lists.map(async ({ text, request }) => ({ text, answer: await kubernetes.request(request, signal) })));
    control(
      noneOf('lists that an administrator does not get', {
        saw: seen.filter(({ answer }) => answer.status !== 200).map(({ text, answer }) => `${text}: ${answerText(answer)}`),
      }),
    );
    control(noneOf('what an administrator is refused', { saw: await forbidden(kubernetes, requests, signal) }));
  },
  ofTenants,
);

/** What holds a tenant in: the template's objects, and the namespace itself with its labels. */
const cage = [
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', name: 'deny-all-default' },
  { apiVersion: 'v1', kind: 'ResourceQuota', name: 'tenant-quota' },
  { apiVersion: 'v1', kind: 'LimitRange', name: 'tenant-limits' },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', name: 'tenant-role' },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', name: 'tenant-rolebinding' },
  { apiVersion: 'v1', kind: 'ServiceAccount', name: 'tenant-sa' },
];

function cageOf(namespace: string) {
  return [
    ...cage.map(({ apiVersion, kind, name }) => ({ apiVersion, kind, metadata: { name, namespace } })),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  ];
}

const label = { metadata: { labels: { 'conform.test/unlocked': 'yes' } } };

check(
  requirements['ISO-RBAC-NO-SELF-UNLOCK'],
  async (context) => {
    const {
      cluster: {
        kubernetes,
        documented: { tenants },
      },
      observe,
      control,
      signal,
    } = context;
    const scratch = await scratchTenant(context);
    const locks = cageOf(scratch.namespace);
    const before = await Promise.all(locks.map((ref) => contentOf(kubernetes, ref, signal)));
    control(
      noneOf('objects of the template that are not there', {
        saw: locks.filter((_, index) => before[index] === undefined).map(({ kind, metadata }) => `${kind} ${metadata.name}`),
      }),
    );
    // For real in a tenant of its own; as dry runs in the guide's.
    observe(
      noneOf('what tenant-sa is not refused, for real', {
        saw: await unlocked(scratch.asTenant, scratch.namespace, { dryRun: false, signal }),
        vantage: scratch.namespace,
      }),
    );
    const after = await Promise.all(locks.map((ref) => contentOf(kubernetes, ref, signal)));
    observe(
      noneOf('objects of the template that are not what they were', {
        saw: locks.filter((_, index) => before[index] !== after[index]).map(({ kind, metadata }) => `${kind} ${metadata.name}`),
        vantage: scratch.namespace,
      }),
    );
    for (const namespace of [tenants.alice, tenants.bob]) {
      const asTenant = await asAccount(context, namespace);
      observe(
        noneOf('what tenant-sa is not refused, as dry runs', {
          saw: await unlocked(asTenant, namespace, { dryRun: true, signal }),
          vantage: namespace,
        }),
      );
      const made = await asTenant.request(
        { method: 'POST', path: `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`, body: { metadata: { name: 'conform-own' } } },
        signal,
      );
      control(equal('a ConfigMap of tenant-sa, as a dry run', { expected: '201', saw: answerText(made), vantage: namespace }));
    }
    const patched = await Promise.all(
      locks.map(async (ref) =>
        kubernetes.request({ method: 'PATCH', path: `${await kubernetes.raw.path(ref, signal)}?dryRun=All`, body: label }, signal),
      ),
    );
    control(
      noneOf('what an administrator cannot patch, as dry runs', {
        saw: patched.filter(({ status }) => status !== 200).map(answerText),
        vantage: scratch.namespace,
      }),
    );
  },
  ofTenants,
);

/** Every way to change the cage that is not refused (403): making one more, patching, deleting, and asking for tokens. */
async function unlocked(
  asTenant: Kubernetes,
  namespace: string,
  { dryRun, signal }: { dryRun: boolean; signal: AbortSignal },
): Promise<string[]> {
  const query = dryRun ? '?dryRun=All' : '';
  const paths = await Promise.all(cageOf(namespace).map((ref) => asTenant.raw.path(ref, signal)));
  const calico = `/apis/projectcalico.org/v3/namespaces/${namespace}/networkpolicies`;
  const attempts = [
    ...[...paths.map((path) => path.slice(0, path.lastIndexOf('/'))), calico].map((collection) => verbRequest('create', collection)),
    verbRequest('create', `/api/v1/namespaces/${namespace}/serviceaccounts`, 'token'),
    ...paths.map((path) => ({ text: `patch ${path}`, request: { method: 'PATCH' as const, path: `${path}${query}`, body: label } })),
    ...paths.map((path) => ({ text: `delete ${path}`, request: { method: 'DELETE' as const, path: `${path}${query}` } })),
  ];
  return notForbidden(asTenant, attempts, signal);
}

/** An object without what the API server and the quota controller write; undefined when there is none. */
async function contentOf(kubernetes: Kubernetes, ref: ReturnType<typeof cageOf>[number], signal: AbortSignal): Promise<string | undefined> {
  const object = await kubernetes.raw.read(ref, signal);
  if (object === undefined) return undefined;
  const { metadata, status: _, ...content } = object as KubernetesObject & { status?: unknown };
  return JSON.stringify({ ...content, uid: metadata?.uid, labels: metadata?.labels, deleted: metadata?.deletionTimestamp });
}

check(
  requirements['ISO-RBAC-NO-LEAKED-BINDING'],
  async (context) => {
    const {
      cluster: {
        kubernetes,
        documented: { tenants },
      },
      observe,
      control,
    } = context;
    const bindings = await everyBinding(kubernetes);
    for (const namespace of [tenants.alice, tenants.bob]) {
      const own = `RoleBinding ${namespace}/tenant-rolebinding gives Role tenant-role to ServiceAccount tenant-sa`;
      const found = bindingsThatName(namespace, bindings);
      observe(
        noneOf(`bindings that name accounts of ${namespace}, beside tenant-rolebinding`, { saw: found.filter((each) => each !== own) }),
      );
      control(
        equal('the same scan finds the one that is documented', {
          expected: own,
          saw: found.find((each) => each === own) ?? 'not found',
          vantage: namespace,
        }),
      );
      const planted = leaks(namespace);
      control(
        equal('the same scan of bindings that leak, which are not in the cluster', {
          expected: String(planted.length),
          saw: String(bindingsThatName(namespace, planted).length),
          vantage: namespace,
        }),
      );
    }
  },
  ofTenants,
);

/** A right of the whole cluster for an account, for all accounts of the namespace, and for one as a user. */
function leaks(namespace: string): Binding[] {
  const subjects = [
    { kind: 'ServiceAccount', name: 'tenant-sa', namespace },
    { kind: 'Group', name: `system:serviceaccounts:${namespace}` },
    { kind: 'User', name: `system:serviceaccount:${namespace}:default` },
  ];
  return subjects.map((subject) => ({ name: 'leak', role: 'ClusterRole view', subjects: [subject] }));
}

async function everyBinding({ rbac }: Kubernetes): Promise<Binding[]> {
  const [ofCluster, ofNamespaces] = await Promise.all([rbac.listClusterRoleBinding(), rbac.listRoleBindingForAllNamespaces()]);
  return [...ofCluster.items, ...ofNamespaces.items].map(({ metadata, roleRef, subjects }) => ({
    name: metadata?.name ?? '',
    namespace: metadata?.namespace,
    role: `${roleRef.kind} ${roleRef.name}`,
    subjects: subjects ?? [],
  }));
}

check(
  requirements['ISO-RBAC-DEFAULT-SA'],
  async (context) => {
    const {
      cluster: { kubernetes, documented },
      observe,
      control,
      signal,
    } = context;
    const {
      tenants: { alice, bob },
      platformNamespaces,
    } = documented;
    const reads = (namespace: string) =>
      ['pods', 'secrets', 'configmaps', 'services'].flatMap((resource) =>
        ['list', 'get'].map((verb) => verbRequest(verb, `/api/v1/namespaces/${namespace}/${resource}`)),
      );
    for (const [own, other] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      const [asDefault, asTenant] = await Promise.all([asAccount(context, own, 'default'), asAccount(context, own)]);
      const vantage = `ServiceAccount default of ${own}`;
      for (const namespace of [own, other, ...platformNamespaces, 'kube-system', 'default'])
        observe(
          noneOf(`what it is not refused in ${namespace}`, { saw: await notForbidden(asDefault, reads(namespace), signal), vantage }),
        );
      observe(
        equal('its rights in its own namespace, beside those of everybody', {
          expected: [],
          saw: await ownRules(asDefault, kubernetes, { namespace: own, signal }),
          vantage,
        }),
      );
      const listed = await asTenant.request({ method: 'GET', path: `/api/v1/namespaces/${own}/pods` }, signal);
      control({
        subject: 'pods that tenant-sa lists',
        vantage: own,
        expected: '200',
        saw: listed.status === 200 ? `200, ${(listed.body as { items: V1Pod[] }).items.length} pods` : answerText(listed),
        held: listed.status === 200,
      });
    }
  },
  ofTenants,
);
