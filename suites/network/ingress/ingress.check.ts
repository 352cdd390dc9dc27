import type { DocumentedCluster } from '../../../guide/cluster.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import { check } from '../../fixtures/check.ts';
import { equal, noneOf } from '../../../harness/engine/measured.ts';
import { atHost, claim, silentPort } from '../../../harness/probe/claims.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import { type Outcome, type Target, outcomeText } from '../../../harness/probe/probe.ts';
import { fromPod, toPod } from '../across-nodes.ts';
import { controller, newHost, tenantApp } from './ingress-entrance.ts';
import { worked } from '../../../harness/probe/worked.ts';
import { requirements } from '../requirements.ts';

function byHost({ ingress }: Pick<DocumentedCluster, 'ingress'>, host: string, path: string): Target {
  return { kind: 'http', url: `http://${ingress.address}${path}`, headers: [`Host: ${host}`] };
}

function bodyOf(outcome: Outcome | undefined): string {
  const seen = worked(outcome);
  if (seen.kind === 'answered') return seen.status === 200 ? seen.body.trim() : String(seen.status);
  return outcomeText(seen);
}

check(requirements['NET-OPT2-ROUTE'], async (context) => {
  const { cluster, connect, observe, control, hint, signal } = context;
  const { documented } = cluster;
  hint(async () => 'kubectl get ingress -A; kubectl -n NAMESPACE get networkpolicy: may the controller reach the tenant (E42)?');
  const apps = await Promise.all([tenantApp(context, 'ingress-tenant'), tenantApp(context, 'ingress-tenant')]);
  const outsider = { host: 'outsider' };
  const isOk = (outcome: Outcome): boolean => outcome.kind === 'answered' && outcome.status === 200;
  await Promise.all(
    apps.map(({ host }) =>
      firstAnswer(
        cluster,
        { from: outsider, to: byHost(documented, host, '/hostname') },
        { timeoutMs: patience('effect'), signal, until: isOk },
      ),
    ),
  );
  const targets = apps.map(({ host }) => byHost(documented, host, '/hostname'));
  const outcomes = await cluster.probe(outsider, [...targets, byHost(documented, newHost(documented), '/hostname')], signal);
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
  await connect(
    apps.map(
      (
        {
          group: {
            pods: [first, second],
          },
        },
        index,
      ) => {
        const app = { ...toPod(first), name: `app ${index + 1}, ${toPod(first).name}` };
        const from = { ...fromPod(second), name: `app ${index + 1}, ${fromPod(second).name}` };
        return claim([
          {
            role: 'observation',
            from: atHost('outsider'),
            to: { name: `app ${index + 1} by its host`, target: targets[index] ?? app.target },
            expect: { status: 200 },
          },
          {
            role: 'control',
            from: atHost('outsider'),
            to: silentPort({ name: 'the entrance', target: { kind: 'tcp', host: documented.ingress.address, port: 80 } }),
            expect: 'not-reached',
          },
          { role: 'control', from, to: app, expect: 'reached' },
        ]);
      },
    ),
  );
});

check(requirements['NET-OPT2-WILDCARD'], async ({ cluster, observe, control, signal }) => {
  const { documented } = cluster;
  const { lan, vip, ingress } = documented;
  const [above, ...names] = [`conform-${nonce()}.${vip.hostname}`, newHost(documented), newHost(documented)];
  const asked = [...names, above].map((name): Target => ({ kind: 'dns', server: lan.gateway, name, over: 'udp' }));
  const outcomes = await cluster.probe({ host: 'outsider' }, asked, signal);
  const addresses = (outcome: Outcome | undefined): string[] =>
    outcome?.kind === 'resolved' ? [...outcome.addresses] : [outcomeText(worked(outcome))];
  for (const [index, name] of names.entries())
    observe(equal(`A records of ${name}`, { expected: [ingress.address], saw: addresses(outcomes[index]), vantage: 'outsider' }));
  const other = addresses(outcomes.at(-1));
  control({
    subject: `A records of ${above}, one level higher`,
    vantage: 'outsider',
    expected: `not ${ingress.address}`,
    saw: other.join(', ') || 'none',
    held: !other.includes(ingress.address),
  });
});

/** TEST-NET-2 (RFC 5737): nobody's. */
const invented = '198.51.100.7';
/** What the controller hands to apps about the client (ingress-nginx: ConfigMap, use-forwarded-headers). */
const clientHeaders = ['X-Forwarded-For', 'X-Real-IP'];

check(requirements['NET-OPT2-FORWARDED'], async (context) => {
  const { cluster, observe, control, hint, signal } = context;
  hint(
    async () =>
      `kubectl -n ${controller.namespace} get configmap ${controller.name} -o yaml: proxy-real-ip-cidr is 0.0.0.0/0 unless set (E63)`,
  );
  const { documented } = cluster;
  const settings = await cluster.kubernetes.core.readNamespacedConfigMap(controller);
  observe(equal('use-forwarded-headers', { expected: 'true', saw: settings.data?.['use-forwarded-headers'] ?? 'not set' }));
  const { host } = await tenantApp(context, 'ingress-tenant');
  const outsider = { host: 'outsider' };
  await firstAnswer(
    cluster,
    { from: outsider, to: byHost(documented, host, '/hostname') },
    { timeoutMs: patience('effect'), signal, until: (outcome) => outcome.kind === 'answered' && outcome.status === 200 },
  );
  const plain = clientHeaders.map((header) => byHost(documented, host, `/header?key=${header}`));
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
