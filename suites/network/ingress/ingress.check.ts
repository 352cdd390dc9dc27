import { randomBytes } from 'node:crypto';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { V1Service } from '@kubernetes/client-node';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { check } from '../../fixtures/check.ts';
import { attempt } from '../../../harness/engine/attempt.ts';
import { assignedAddress } from '../../../harness/platform/metallb/load-balancer.ts';
import { atApi, equal, noneOf } from '../../../harness/engine/measured.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import { type Outcome, type Target, outcomeText } from '../../../harness/probe/probe.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { entrance, entranceService, newHost, tenantApp } from './ingress-entrance.ts';
import { requirements } from '../requirements.ts';

/** The controller writes its configuration anew within this time; the guide gives none. */
const routedMs = 30_000;
/** MetalLB gives an address within this time; the register's. */
const assignedMs = 10_000;

check(
  requirements['NET-OPT2-ADDR'],
  async (context) => {
    const { cluster, observe } = context;
    const service = await entranceService(cluster.kubernetes);
    observe(
      equal("address of the controller's Service", {
        expected: [entrance.address],
        saw: (service.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip ?? ''),
      }),
    );
    const unassigned = await freeAddress(context);
    await connections(context, [
      {
        role: 'observation',
        from: { host: 'outsider' },
        to: { kind: 'http', url: `http://${entrance.address}/` },
        name: 'the controller, for a host that it does not know',
        expect: { status: 404 },
      },
      {
        role: 'observation',
        from: { host: 'outsider' },
        to: { kind: 'http', url: `https://${entrance.address}/`, insecure: true },
        name: 'the controller over TLS',
        expect: { status: 404 },
      },
      {
        role: 'control',
        from: { host: 'outsider' },
        to: { kind: 'tcp', host: unassigned, port: 80 },
        name: 'an address that no Service has',
        expect: 'not-reached',
      },
    ]);
  },
  { uses: ['address-pools'] },
);

/** The last address of the tenants' range that no Service has. */
async function freeAddress({ cluster: { kubernetes, documented } }: CheckContext): Promise<string> {
  const { items } = await kubernetes.core.listServiceForAllNamespaces();
  const taken = items.flatMap(({ status }) => (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip));
  const free = tenantRange(documented.pools.tenant).findLast((address) => !taken.includes(address));
  if (free === undefined) throw new Error('every address of the tenants is taken');
  return free;
}

function tenantRange({ first, last }: { readonly first: string; readonly last: string }): string[] {
  const [from, to] = [first, last].map((address) => Number(address.split('.').at(-1)));
  const network = first.split('.').slice(0, 3).join('.');
  return Array.from({ length: (to ?? 0) - (from ?? 0) + 1 }, (_, index) => `${network}.${(from ?? 0) + index}`);
}

check(
  requirements['NET-OPT2-ADDR-RESERVED'],
  async (context) => {
    const { cluster, changes, observe, control, signal } = context;
    const { kubernetes, documented } = cluster;
    await changes.remove({ apiVersion: 'v1', kind: 'Service', metadata: { name: entrance.name, namespace: entrance.namespace } });
    const namespace = `conform-full-${nonce()}`;
    await changes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    const names = tenantRange(documented.pools.tenant).map((_, index) => `conform-full-${index}`);
    await Promise.all(names.map((name) => changes.create(balanced({ namespace, name }))));
    const given = await allDecided(context, namespace, names.length);
    observe(
      noneOf(`own Services that were given ${entrance.address} while the controller's was away`, {
        saw: given.filter(({ ip }) => ip === entrance.address).map(({ name }) => name),
      }),
    );
    control({
      subject: 'own Services that were given another address',
      vantage: atApi,
      expected: 'some',
      saw: String(given.filter(({ ip }) => ip !== entrance.address).length),
      held: given.some(({ ip }) => ip !== entrance.address),
    });
    // Whoever took it gives it back, so that what follows shows that it can be had.
    await Promise.all(
      given
        .filter(({ ip }) => ip === entrance.address)
        .map(async ({ name }) => kubernetes.raw.delete({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace } }, {}, signal)),
    );
    const asking = balanced({ namespace: entrance.namespace, name: `conform-asks-${nonce()}` }, { loadBalancerIP: entrance.address });
    await changes.create(asking);
    const place = { namespace: entrance.namespace, name: asking.metadata?.name ?? '' };
    const asked = await attempt(signal, () => assignedAddress(kubernetes, place, { timeoutMs: assignedMs, signal }));
    control(
      equal(`a Service of ${entrance.namespace} that asks for it`, {
        expected: entrance.address,
        saw: asked.kind === 'done' ? asked.value : asked.text,
      }),
    );
    // The controller's own comes back at the end: the address must be free for it.
    await kubernetes.raw.delete({ apiVersion: 'v1', kind: 'Service', metadata: place }, {}, signal);
  },
  { changes: ['address-pools'] },
);

function balanced({ namespace, name }: { namespace: string; name: string }, more: object = {}): V1Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, selector: { nobody: 'here' }, ports: [{ port: 80 }], ...more },
  };
}

/** Waits until MetalLB has decided on each: an address, or its event that it has none. */
async function allDecided(
  { cluster: { kubernetes }, signal }: CheckContext,
  namespace: string,
  count: number,
): Promise<{ name: string; ip: string }[]> {
  return until(`a decision on ${count} Services in ${namespace}`, { timeoutMs: 60_000, everyMs: 1000, signal }, async () => {
    const [services, events] = await Promise.all([
      kubernetes.core.listNamespacedService({ namespace }),
      kubernetes.core.listNamespacedEvent({ namespace, fieldSelector: 'reason=AllocationFailed' }),
    ]);
    const given = services.items.flatMap(({ metadata, status }) =>
      (status?.loadBalancer?.ingress ?? []).map(({ ip = '' }) => ({ name: metadata?.name ?? '', ip })),
    );
    const refused = new Set(
      events.items.map(({ involvedObject }) => involvedObject.name).filter((name) => given.every((each) => each.name !== name)),
    );
    return given.length + refused.size >= count ? { done: given } : { notYet: `${given.length} given, ${refused.size} refused` };
  });
}

function byHost(host: string, path: string): Target {
  return { kind: 'http', url: `http://${entrance.address}${path}`, headers: [`Host: ${host}`] };
}

function bodyOf(outcome: Outcome | undefined): string {
  if (outcome?.kind === 'answered') return outcome.status === 200 ? outcome.body.trim() : String(outcome.status);
  return outcome === undefined ? 'not asked' : outcomeText(outcome);
}

check(requirements['NET-OPT2-ROUTE'], async (context) => {
  const { cluster, observe, control, hint, signal } = context;
  hint(async () => 'kubectl get ingress -A; kubectl -n NAMESPACE get networkpolicy: may the controller reach the tenant (E42)?');
  const apps = await Promise.all([tenantApp(context, 'ingress-tenant'), tenantApp(context, 'ingress-tenant')]);
  const outsider = { host: 'outsider' };
  const isOk = (outcome: Outcome): boolean => outcome.kind === 'answered' && outcome.status === 200;
  await Promise.all(
    apps.map(({ host }) =>
      firstAnswer(cluster, { from: outsider, to: byHost(host, '/hostname') }, { timeoutMs: routedMs, signal, until: isOk }),
    ),
  );
  const outcomes = await cluster.probe(
    outsider,
    [...apps.map(({ host }) => byHost(host, '/hostname')), byHost(newHost(), '/hostname')],
    signal,
  );
  for (const [index, { host, group }] of apps.entries()) {
    const [own, answered] = [group.pods.map(({ pod }) => pod), bodyOf(outcomes[index])];
    observe({
      subject: `who answers for ${host}`,
      vantage: 'outsider',
      expected: `one of ${own.join(', ')}`,
      saw: answered,
      held: own.includes(answered),
    });
    const services = await cluster.kubernetes.core.listNamespacedService({ namespace: group.namespace });
    observe(
      noneOf(`Services with an address of their own in ${group.namespace}`, {
        saw: services.items.filter(({ spec }) => spec?.type === 'LoadBalancer').map(({ metadata }) => metadata?.name ?? ''),
      }),
    );
  }
  control(equal('a host that no Ingress has', { expected: '404', saw: bodyOf(outcomes.at(-1)), vantage: 'outsider' }));
  await connections(
    context,
    apps.map(
      ({
        group: {
          pods: [first, second],
        },
      }): Connection => ({ role: 'control', from: second.place, to: first.tcp, name: 'a pod of the app itself', expect: 'reached' }),
    ),
  );
});

check(requirements['NET-OPT2-WILDCARD'], async ({ cluster, observe, control, signal }) => {
  const { lan, vip } = cluster.documented;
  const [above, ...names] = [`conform-${randomBytes(4).toString('hex')}.${vip.hostname}`, newHost(), newHost()];
  const asked = [...names, above].map((name): Target => ({ kind: 'dns', server: lan.gateway, name, over: 'udp' }));
  const outcomes = await cluster.probe({ host: 'outsider' }, asked, signal);
  const addresses = (outcome: Outcome | undefined): string[] =>
    outcome?.kind === 'resolved' ? [...outcome.addresses] : [outcome === undefined ? 'not asked' : outcomeText(outcome)];
  for (const [index, name] of names.entries())
    observe(equal(`A records of ${name}`, { expected: [entrance.address], saw: addresses(outcomes[index]), vantage: 'outsider' }));
  const other = addresses(outcomes.at(-1));
  control({
    subject: `A records of ${above}, one level higher`,
    vantage: 'outsider',
    expected: `not ${entrance.address}`,
    saw: other.join(', ') || 'none',
    held: !other.includes(entrance.address),
  });
});

/** TEST-NET-2 (RFC 5737): nobody's. */
const invented = '198.51.100.7';
/** What the controller hands to apps about the client (ingress-nginx: ConfigMap, use-forwarded-headers). */
const clientHeaders = ['X-Forwarded-For', 'X-Real-IP'];

check(requirements['NET-OPT2-FORWARDED'], async (context) => {
  const { cluster, observe, control, hint, signal } = context;
  hint(
    async () => `kubectl -n ${entrance.namespace} get configmap ${entrance.name} -o yaml: proxy-real-ip-cidr is 0.0.0.0/0 unless set (E63)`,
  );
  const settings = await cluster.kubernetes.core.readNamespacedConfigMap({ namespace: entrance.namespace, name: entrance.name });
  observe(equal('use-forwarded-headers', { expected: 'true', saw: settings.data?.['use-forwarded-headers'] ?? 'not set' }));
  const { host } = await tenantApp(context, 'ingress-tenant');
  const outsider = { host: 'outsider' };
  await firstAnswer(
    cluster,
    { from: outsider, to: byHost(host, '/hostname') },
    { timeoutMs: routedMs, signal, until: (outcome) => outcome.kind === 'answered' && outcome.status === 200 },
  );
  const plain = clientHeaders.map((header) => byHost(host, `/header?key=${header}`));
  const forged = plain.map((target): Target =>
    target.kind === 'http'
      ? { ...target, headers: [...(target.headers ?? []), ...clientHeaders.map((header) => `${header}: ${invented}`)] }
      : target,
  );
  const outcomes = await cluster.probe(outsider, [...plain, ...forged], signal);
  for (const [index, header] of clientHeaders.entries()) {
    control(
      equal(`${header} that the app sees of a plain request`, {
        expected: cluster.vantage('outsider').address,
        saw: bodyOf(outcomes[index]),
        vantage: 'outsider',
      }),
    );
    const seen = bodyOf(outcomes[clientHeaders.length + index]);
    // A list is read from its end by those who trust their proxy, from its beginning by those who do not know better.
    observe({
      subject: `${header} that the app sees of a request with ${invented} in it`,
      vantage: 'outsider',
      expected: cluster.vantage('outsider').address,
      saw: seen,
      held: !seen.includes(invented) && seen.includes(cluster.vantage('outsider').address),
    });
  }
});
