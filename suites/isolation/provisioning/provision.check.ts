import { setTimeout as delay } from 'node:timers/promises';
import { attempt } from '../../../harness/engine/attempt.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { check } from '../../fixtures/check.ts';
import type { CommandAnswer } from '../../../harness/platform/cluster.ts';
import { tenants } from '../../fixtures/groups.ts';
import { atApi, equal, noneOf } from '../../../harness/engine/measured.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { admitted, tryToMake } from '../admission.ts';
import { nobodyAnswers, withAnsweringServer } from './answering-server.ts';
import { accountOf, projectsOf } from './canine-api.ts';
import { clientIn } from './client-pod.ts';
import { bareFolder, refuses, runScript, succeeds } from './guide-script.ts';
import { isolationObjects, objectNames, settledObjects, templateObjects, versions } from './isolation-objects.ts';
import {
  type NewTenant,
  accepted,
  namespacesLike,
  newTenant,
  printed,
  provision,
  provisionWith,
  tenantWithNamespace,
} from './provisioning.ts';
import { requirements } from '../requirements.ts';
import { gatedPod } from '../tenant-objects.ts';

/** These ask the cluster's own Canine. */
const atCanine = { uses: ['canine', 'tenant-alice', 'tenant-bob'] } as const;
const whatItPrinted = async (): Promise<string> => 'the raw output of provision-tenant.sh, in the observation of its exit code';

check(
  requirements['ISO-PROVISION-END-TO-END'],
  async (context) => {
    const {
      cluster: { kubernetes },
      signal,
      observe,
      control,
    } = context;
    context.hint(whatItPrinted);
    const tenant = await newTenant(context);
    control(noneOf(`namespaces of ${tenant.name} before`, { saw: await namespacesLike(context, tenant.name) }));
    const answer = await provision(context, tenant);
    observe(succeeds('provision-tenant.sh', answer));
    observe(equal('the e-mail that it prints', { expected: tenant.email, saw: printed(answer, 'Email') }));
    observe(equal('the namespace that it prints', { expected: tenant.namespace, saw: printed(answer, 'Namespace') }));
    observe(
      equal("the account that it prints, and Canine's API tells", {
        expected: await accountOf(context),
        saw: printed(answer, 'Canine account'),
      }),
    );
    observe(
      equal(`objects in ${tenant.namespace}`, {
        expected: templateObjects,
        saw: objectNames(await isolationObjects(kubernetes, tenant.namespace, signal)),
      }),
    );
    await isSeparate(context, tenant.namespace);
  },
  atCanine,
);

/** Whether a pod of the namespace is kept from the pods of other tenants. */
async function isSeparate(context: CheckContext, namespace: string): Promise<void> {
  const [sources, { alice, bob }] = await Promise.all([clientIn(context, namespace), tenants()]);
  const dns = { kind: 'tcp', host: context.cluster.documented.dnsServiceAddress, port: 53 } as const;
  const others = [alice, bob].map(({ namespace: owner, pods: [{ place, tcp }] }) => ({ name: `a pod of ${owner}`, place, to: tcp }));
  await connections(context, [
    ...sources.flatMap((from): Connection[] => [
      ...others.map(({ name, to }): Connection => ({ role: 'observation', expect: 'denied', from, to, name })),
      { role: 'control', expect: 'reached', from, to: dns, name: "the cluster's DNS" },
    ]),
    ...others.map(({ name, place, to }): Connection => ({
      role: 'control',
      expect: 'reached',
      from: place,
      to,
      name: `${name}, from itself`,
    })),
  ]);
}

check(
  requirements['ISO-PROVISION-NAME'],
  async (context) => {
    const {
      cluster: { kubernetes },
      signal,
      observe,
      control,
    } = context;
    context.hint(whatItPrinted);
    const spellings = [(name: string) => name.replace('conform', 'Conform'), (name: string) => name.toUpperCase()];
    const named = await Promise.all(spellings.map(async (spelled) => newTenant(context, spelled)));
    for (const { name } of named) control(noneOf(`namespaces like ${name} before`, { saw: await namespacesLike(context, name) }));
    const answers = await Promise.all(named.map(async (tenant) => ({ tenant, answer: await provision(context, tenant) })));
    for (const { tenant, answer } of answers) {
      observe(succeeds(`provision-tenant.sh ${tenant.name}`, answer));
      observe(equal(`namespaces like ${tenant.name}`, { expected: [tenant.namespace], saw: await namespacesLike(context, tenant.name) }));
      observe(
        equal(`objects in ${tenant.namespace}`, {
          expected: templateObjects,
          saw: objectNames(await isolationObjects(kubernetes, tenant.namespace, signal)),
        }),
      );
    }
  },
  atCanine,
);

/** Guide, Step 8: 30 attempts, 2 s apart. */
const looks = 30;
/** The longest that all of it may take, and still be those attempts: each asks kubectl once, which takes its time on a busy machine. */
function waitsAtMostMs(lookMs: number): number {
  return looks * (looksEveryMs + Math.max(1_000, 2 * lookMs));
}
/** Well within that wait. */
const comesAfterMs = 20_000;
/** Guide, Step 8: it looks every 2 s. */
const looksEveryMs = 2_000;
/**
 * After the namespace came. The register's 5 s are an idle machine's: a look is up to 2 s away, and hardening takes as long as
 * kubectl does, which took 7 s beside other checks. This tells one that hardly looks from one that does, not 2 s from 10 s.
 */
const hardenedWithinMs = 20_000;

check(
  requirements['ISO-PROVISION-WAITS'],
  async (context) => {
    const {
      cluster: { kubernetes },
      signal,
      observe,
      control,
    } = context;
    context.hint(whatItPrinted);
    const [early, late, never] = await Promise.all([tenantWithNamespace(context), newTenant(context), newTenant(context)]);
    await refuseNamespace(context, never.namespace);
    const [immediate, afterIts, without, lookMs] = await Promise.all([
      timed(context, early),
      cameLate(context, late),
      timed(context, never),
      slowestLookMs(context),
    ]);
    const atMostMs = waitsAtMostMs(lookMs);
    control(succeeds('for a namespace that is there', immediate.answer));
    control({
      subject: 'for a namespace that is there',
      vantage: 'the admin workstation',
      expected: `an end within ${comesAfterMs / 1000} s`,
      saw: `${immediate.seconds} s`,
      held: immediate.seconds * 1000 < comesAfterMs,
    });

    observe(succeeds('for a namespace that comes late', afterIts.answer));
    observe({
      subject: `${late.namespace}: hardened after it came`,
      vantage: atApi,
      expected: `within ${hardenedWithinMs / 1000} s`,
      saw: afterIts.hardened,
      held: afterIts.hardenedMs <= hardenedWithinMs,
    });
    observe(refuses('for a namespace that never comes', without.answer));
    observe({
      subject: 'for a namespace that never comes',
      vantage: 'the admin workstation',
      expected: `an end within ${Math.round(atMostMs / 1000)} s`,
      saw: `${without.seconds} s`,
      held: without.seconds * 1000 <= atMostMs,
    });
    observe(noneOf('the namespace that never came', { saw: await namespacesLike(context, never.name) }));
    observe(
      equal('objects in the namespace that came late', {
        expected: templateObjects,
        saw: objectNames(await isolationObjects(kubernetes, late.namespace, signal)),
      }),
    );
  },
  { deadlineMs: 240_000 },
);

/** What a look for a namespace takes beside the script's own, several times one after another. */
async function slowestLookMs({ cluster, signal }: CheckContext): Promise<number> {
  let slowest = 0;
  for (const namespace of ['default', 'kube-system', 'canine', 'default', 'kube-system']) {
    const startedAt = Date.now();
    await cluster.runAsReader(['kubectl', 'get', 'namespace', namespace], signal);
    slowest = Math.max(slowest, Date.now() - startedAt);
  }
  return slowest;
}

/** One run of provision-tenant.sh against a Canine that accepts everything, and how long it took. */
async function timed(context: CheckContext, tenant: NewTenant): Promise<{ answer: CommandAnswer; seconds: number }> {
  const startedAt = Date.now();
  const answer = await withAnsweringServer(accepted(tenant), ({ environment }) => provisionWith(context, tenant, environment));
  return { answer, seconds: Math.round((Date.now() - startedAt) / 100) / 10 };
}

/** Makes the namespace 20 s after the start, unless the script has made it itself, and tells how soon after it came all objects were there. */
async function cameLate(context: CheckContext, tenant: NewTenant): Promise<{ answer: CommandAnswer } & Hardened> {
  const {
    cluster: { kubernetes },
    signal,
  } = context;
  const running = timed(context, tenant);
  const comeLate = async (): Promise<void> => {
    await Promise.race([running, delay(comesAfterMs, undefined, { signal })]);
    await tryToMake(kubernetes, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: tenant.namespace } }, { signal });
  };
  const [{ answer }, hardened] = await Promise.all([running, hardening(context, tenant.namespace), comeLate()]);
  return { answer, ...hardened };
}

interface Hardened {
  readonly hardened: string;
  /** Infinite when it was not. */
  readonly hardenedMs: number;
}

async function hardening({ cluster: { kubernetes }, signal }: CheckContext, namespace: string): Promise<Hardened> {
  const appeared = await until(`${namespace} to appear`, { timeoutMs: waitsAtMostMs(1_000), everyMs: 200, signal }, async () => {
    const found = await kubernetes.raw.read({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, signal);
    return found === undefined ? { notYet: 'not there' } : { done: Date.now() };
  });
  const done = await attempt(signal, () =>
    until(`${namespace} to be hardened`, { timeoutMs: hardenedWithinMs, everyMs: 200, signal }, async () => {
      const objects = objectNames(await isolationObjects(kubernetes, namespace, signal));
      return objects.length === templateObjects.length ? { done: Date.now() - appeared } : { notYet: objects.join(', ') || 'nothing' };
    }),
  );
  if (done.kind === 'failed' && !done.isTimeout) throw new Error(done.text);
  return done.kind === 'done'
    ? { hardened: `after ${done.value / 1000} s`, hardenedMs: done.value }
    : { hardened: done.text, hardenedMs: Infinity };
}

/** Keeps the namespace from being made, and waits until that is so. */
async function refuseNamespace({ cluster: { kubernetes }, changes, signal }: CheckContext, namespace: string): Promise<void> {
  await changes.createFrom(`${import.meta.dirname}/namespace-refused.yaml`, { NAMESPACE: namespace });
  await until(`${namespace} to be refused`, { timeoutMs: 30_000, everyMs: 500, signal }, async () => {
    const { status, message } = await tryToMake(
      kubernetes,
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      { signal, dryRun: true },
    );
    return message.includes('conform refuses this namespace') ? { done: true } : { notYet: `${status} ${message}` };
  });
}

const statuses = [401, 404, 409, 422, 500];
/** Rails answers in JSON or with a page, as it is asked; a proxy before it with a page. */
const bodies = [
  { contentType: 'application/json', bodyOf: (status: number) => JSON.stringify({ status, error: 'refused' }) },
  { contentType: 'text/html', bodyOf: (status: number) => `<!DOCTYPE html><html><title>refused (${status})</title></html>` },
] as const;

check(requirements['ISO-PROVISION-FAILS-LOUDLY'], async (context) => {
  const {
    cluster: { kubernetes },
    signal,
    observe,
    control,
  } = context;
  context.hint(whatItPrinted);
  const [silent, good] = await Promise.all([tenantWithNamespace(context), tenantWithNamespace(context)]);
  const refused = await Promise.all(bodies.map(async (kind) => ({ ...kind, tenant: await tenantWithNamespace(context) })));
  const attempts = refused.flatMap(({ contentType, bodyOf, tenant }) =>
    statuses.map((status) => ({ tenant, answer: { status, contentType, body: bodyOf(status) } })),
  );
  const [unanswered, ...answers] = await Promise.all([
    provisionWith(context, silent, await nobodyAnswers()),
    ...attempts.map(async ({ tenant, answer }) =>
      withAnsweringServer(answer, async ({ environment }) => provisionWith(context, tenant, environment)),
    ),
  ]);
  observe(refuses('no connection', unanswered));
  for (const [index, answer] of answers.entries())
    observe(refuses(`${attempts[index]?.answer.status} in ${attempts[index]?.answer.contentType}`, answer));
  for (const { tenant, contentType } of [...refused, { tenant: silent, contentType: 'no answer' }]) {
    observe(
      equal(`objects in the namespace of the refused tenant (${contentType})`, {
        expected: [],
        saw: objectNames(await isolationObjects(kubernetes, tenant.namespace, signal)),
      }),
    );
  }
  control(
    succeeds(
      'the same with 201',
      await withAnsweringServer(accepted(good), ({ environment }) => provisionWith(context, good, environment)),
    ),
  );
  control(
    equal('objects in the namespace of that tenant', {
      expected: templateObjects,
      saw: objectNames(await isolationObjects(kubernetes, good.namespace, signal)),
    }),
  );
});

const missing: readonly { readonly what: string; readonly given: (tenant: NewTenant) => readonly string[]; readonly token: string }[] = [
  { what: 'the name missing', given: () => [], token: 'CANINE_TOKEN=conform-no-key' },
  { what: 'the e-mail missing', given: ({ name }) => [name], token: 'CANINE_TOKEN=conform-no-key' },
  { what: 'the password missing', given: ({ name, email }) => [name, email], token: 'CANINE_TOKEN=conform-no-key' },
  { what: 'the name empty', given: ({ email, password }) => ['', email, password], token: 'CANINE_TOKEN=conform-no-key' },
  { what: 'the token missing', given: ({ name, email, password }) => [name, email, password], token: '--unset=CANINE_TOKEN' },
  { what: 'the token empty', given: ({ name, email, password }) => [name, email, password], token: 'CANINE_TOKEN=' },
];

check(requirements['ISO-PROVISION-BAD-INPUT'], async (context) => {
  const { observe, control } = context;
  context.hint(whatItPrinted);
  const [plain, quoted, folder] = await Promise.all([tenantWithNamespace(context), tenantWithNamespace(context), bareFolder(context)]);
  const run = async (tenant: NewTenant, { given, token }: (typeof missing)[number]) =>
    withAnsweringServer(accepted(tenant), async ({ environment, requests }) => ({
      answer: await runScript(context, {
        script: 'provision-tenant.sh',
        arguments: given(tenant),
        environment: [...environment, token],
        folder,
      }),
      requests,
    }));
  const incomplete = await Promise.all(missing.map(async (each) => ({ ...each, ...(await run(plain, each)) })));
  for (const { what, answer, requests } of incomplete) {
    observe(refuses(what, answer));
    observe(
      noneOf(`requests with ${what}`, {
        saw: requests.map(({ method, path }) => `${method} ${path}`),
        vantage: "a server in Canine's place",
      }),
    );
  }

  const awkward = { ...quoted, email: `o'brien.${quoted.email}`, password: String.raw`a"b\c'd $HOME` };
  const complete = {
    what: 'nothing',
    given: ({ name, email, password }: NewTenant) => [name, email, password],
    token: 'CANINE_TOKEN=conform-no-key',
  };
  const [usual, unusual] = await Promise.all([run(plain, complete), run(awkward, complete)]);
  control(succeeds('with all of them', usual.answer));
  control(equal('requests with all of them', { expected: '1', saw: String(usual.requests.length), vantage: "a server in Canine's place" }));
  observe(succeeds('with quotes and a backslash in e-mail and password', unusual.answer));
  observe(
    equal('the e-mail that it prints', {
      expected: awkward.email,
      saw: printed(unusual.answer, 'Email'),
      vantage: 'the admin workstation',
    }),
  );
  // Field by field the plain request, with the awkward values in the place of the plain ones.
  const substituted = usual.requests.map(({ body, ...request }) => ({
    ...request,
    body: JSON.stringify(
      withValues(body, { [plain.name]: awkward.name, [plain.email]: awkward.email, [plain.password]: awkward.password }),
    ),
  }));
  observe(
    equal('the request with quotes and a backslash', {
      expected: substituted.map(requestText),
      saw: unusual.requests.map(({ body, ...request }) => requestText({ ...request, body: JSON.stringify(withValues(body, {})) })),
      vantage: "a server in Canine's place",
    }),
  );
});

function requestText({ method, path, body }: { method: string; path: string; body: string }): string {
  return `${method} ${path} ${body}`;
}

/** The fields of a JSON object with some values exchanged; a body that is none as it is. */
function withValues(body: string, exchanged: Readonly<Record<string, string>>): unknown {
  try {
    const fields = JSON.parse(body) as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? (exchanged[value] ?? value) : value]),
    );
  } catch {
    return body === '' ? 'no body' : `not JSON: ${body}`;
  }
}

check(
  requirements['ISO-PROVISION-TWICE'],
  async (context) => {
    const {
      cluster: { kubernetes },
      signal,
      observe,
      control,
    } = context;
    context.hint(whatItPrinted);
    const [tenant, other] = await Promise.all([newTenant(context), newTenant(context)]);
    control(
      noneOf('namespaces of both tenants before', {
        saw: [...(await namespacesLike(context, tenant.name)), ...(await namespacesLike(context, other.name))],
      }),
    );
    observe(succeeds('the first run', await provision(context, tenant)));
    observe(admitted('a workload of the tenant', await tryToMake(kubernetes, gatedPod(tenant.namespace, 'conform-workload'), { signal })));
    const before = await standing(context, tenant.namespace);
    const account = await accountOf(context);

    observe(succeeds('the second run', await provision(context, tenant)));
    observe(equal('objects and workloads after it', { expected: before, saw: await standing(context, tenant.namespace) }));
    observe(equal('namespaces of the tenant after it', { expected: [tenant.namespace], saw: await namespacesLike(context, tenant.name) }));
    observe(equal("Canine's account after it", { expected: account, saw: await accountOf(context) }));
    observe(
      noneOf("Canine's projects in the tenant's namespace", {
        saw: (await projectsOf(context)).filter(({ namespace }) => namespace === tenant.namespace).map(({ name }) => name),
      }),
    );

    observe(succeeds('a run for another tenant', await provision(context, other)));
    observe(equal('namespaces of the other tenant', { expected: [other.namespace], saw: await namespacesLike(context, other.name) }));
  },
  atCanine,
);

/** What a second run must leave as it is: versions of the isolation's objects, identities of the pods. */
async function standing({ cluster: { kubernetes }, signal }: CheckContext, namespace: string): Promise<string[]> {
  const objects = await settledObjects(kubernetes, namespace, signal);
  const { items } = await kubernetes.core.listNamespacedPod({ namespace });
  return [...versions(objects), ...items.map(({ metadata }) => `Pod ${metadata?.name}: ${metadata?.uid}`)];
}
