import { attempt } from '../../../harness/engine/attempt.ts';
import { check } from '../../fixtures/check.ts';
import { readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { assignedAddress } from '../../../harness/platform/metallb/load-balancer.ts';
import { connectionMatrix } from '../../fixtures/connection-matrix.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { lateIf } from '../../../harness/engine/measured.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { answerInTime } from '../../../harness/probe/first-answer.ts';
import { readCells } from '../../../harness/probe/matrix.ts';
import type { HttpTarget, Outcome, Target } from '../../../harness/probe/probe.ts';
import { allowed, anchor, denied, every, targetsLike } from '../../fixtures/cells.ts';
import { requirements } from '../requirements.ts';
import { admins } from '../vantages.ts';

/** A new Service is announced within this time; chosen by the register of the network suite, the guide gives none. */
const announcedMs = 10_000;

check(
  requirements['ADM-FIREWALL-LB-OPEN'],
  async (context) => {
    const { cluster, changes, observe, signal } = context;
    context.hint(
      async () =>
        'kubectl get services -A -o wide; kubectl get globalnetworkpolicies,networkpolicies -A; talosctl get nftableschain prerouting -o yaml: what judges traffic that is only forwarded?',
    );
    const { namespace } = await scratchTenant(context);
    const [matrix] = await Promise.all([
      connectionMatrix(),
      changes.createFrom(`${import.meta.dirname}/published-app.yaml`, { NAMESPACE: namespace }),
    ]);
    await readyPods(cluster.kubernetes, { namespace, selector: 'app=published', count: 1 }, signal);
    const accessPoints = ['longhorn ui', 'canine', 'opencost ui', 'opencost api'];
    await readCells(context, matrix, [
      ...every(matrix, admins, accessPoints, allowed),
      // Open as they leave these, host firewall and allow list are in force at the same time.
      ...every(
        matrix,
        ['outsider'],
        ['canine', ...targetsLike(matrix, /^api (vip|cp\d+)$/), ...targetsLike(matrix, /^\w+:50000$/)],
        denied,
      ),
      ...every(matrix, ['admin'], targetsLike(matrix, /^(api (vip|cp\d+)|\w+:50000)$/), anchor),
      ...every(matrix, ['outsider'], ['lan server'], anchor),
    ]);
    const host = await assignedAddress(cluster.kubernetes, { namespace, name: 'app' }, { timeoutMs: announcedMs, signal });
    const at = (port: number): Target => ({ kind: 'tcp', host, port });
    observe(
      await answerInTime(
        cluster,
        { subject: `first answer of a tenant's published app at ${host}:80`, from: { host: 'outsider' }, to: at(80) },
        { timeoutMs: announcedMs, signal },
      ),
    );
    await connections(
      context,
      ['outsider', 'lan', 'internet', 'admin'].flatMap((from): Connection[] => [
        ...[80, 443].map((port): Connection => ({
          role: 'observation',
          from: { host: from },
          to: at(port),
          name: "a tenant's published app",
          expect: 'reached',
        })),
        { role: 'control', from: { host: from }, to: at(81), name: 'a port that it does not publish', expect: 'not-reached' },
      ]),
    );
  },
  { uses: ['connection-matrix', 'address-pools'] },
);

/** Guide: OPT-2, Network Reference. */
const ingressAddress = '192.168.29.110';
const appDomain = 'apps.29.talos.vaheed.net';

check(requirements['ADM-INGRESS-PUBLIC'], async (context) => {
  const { cluster, changes, observe, signal } = context;
  const { services } = cluster.documented;
  context.hint(
    async () =>
      'kubectl get ingress -A: does one lead to the platform? kubectl get networkpolicy -n NAMESPACE: is the ingress controller admitted (E42)? Who has .110 (E25)?',
  );
  const { namespace } = await scratchTenant(context);
  const name = `${namespace}.${appDomain}`;
  await changes.createFrom(`${import.meta.dirname}/ingress-app.yaml`, { NAMESPACE: namespace, HOST: name });
  await readyPods(cluster.kubernetes, { namespace, selector: 'app=published', count: 1 }, signal);
  const ask = (scheme: 'http' | 'https', host: string, path = '/'): HttpTarget => ({
    kind: 'http',
    url: `${scheme}://${ingressAddress}${path}`,
    headers: [`Host: ${host}`],
    insecure: true,
  });
  const isServed = (outcome: Outcome): boolean => outcome.kind === 'answered' && outcome.status === 200;
  const first = await answerInTime(
    cluster,
    { subject: `first answer for ${name} at ${ingressAddress}`, from: { host: 'outsider' }, to: ask('http', name, '/hostname') },
    { timeoutMs: announcedMs, signal, until: isServed },
  );
  observe({ ...first, ...lateIf(!first.held) });
  const hosts = ['outsider', 'internet', 'lan', 'admin'];
  const schemes = ['http', 'https'] as const;
  await connections(
    context,
    hosts.flatMap((from): Connection[] =>
      schemes.flatMap((scheme): Connection[] => [
        { role: 'observation', from: { host: from }, to: ask(scheme, name), name: "a tenant's app by its name", expect: { status: 200 } },
        // The controller's default backend answers 404 to names that no Ingress has (ingress-nginx: Default backend).
        ...[services.canine.hostname, services.opencost.hostname, services.longhorn.address].map((platform): Connection => ({
          role: 'observation',
          from: { host: from },
          to: ask(scheme, platform),
          name: `the platform's name ${platform}`,
          expect: { status: 404 },
        })),
        {
          role: 'control',
          from: { host: from },
          to: ask(scheme, `nobody.${appDomain}`),
          name: 'a name that no app has',
          expect: { status: 404 },
        },
      ]),
    ),
  );
  const bodies = await attempt(signal, () =>
    Promise.all(
      hosts.map((host) =>
        cluster.probe(
          { host },
          schemes.map((scheme) => ask(scheme, name, '/hostname')),
          signal,
        ),
      ),
    ),
  );
  for (const [index, host] of hosts.entries()) {
    const seen =
      bodies.kind === 'done'
        ? (bodies.value[index] ?? []).map((outcome) => (outcome.kind === 'answered' ? outcome.body.trim() : outcome.kind))
        : [bodies.text];
    const held = seen.join(', ') === 'app, app';
    observe({
      subject: `who answers for ${name}`,
      vantage: host,
      expected: 'app, app',
      saw: seen.join(', '),
      held,
      ...lateIf(!held && seen.every((each) => ['app', 'timeout'].includes(each))),
    });
  }
  await connections(context, [
    {
      role: 'control',
      from: { host: 'outsider' },
      to: { kind: 'tcp', host: services.canine.address, port: 80 },
      name: "Canine's own address, which is for admins",
      expect: 'not-reached',
    },
  ]);
});
