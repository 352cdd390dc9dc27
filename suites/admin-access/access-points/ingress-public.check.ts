import { promised } from '../../../guide/limits.ts';
import { lateIf } from '../../../harness/engine/measured.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { type Claim, type ClaimAttempt, type Destination, atHost, claim } from '../../../harness/probe/claims.ts';
import { answerInTime } from '../../../harness/probe/first-answer.ts';
import type { HttpTarget, Outcome } from '../../../harness/probe/probe.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { check } from '../check.ts';
import { requirements } from '../requirements.ts';
import { atHosts } from '../vantages.ts';

const hosts = ['outsider', 'internet', 'lan', 'admin'];
const schemes = ['http', 'https'] as const;
type Scheme = (typeof schemes)[number];

check(requirements['ADM-INGRESS-PUBLIC'], async (context) => {
  const { cluster, connect, hint, observe, signal } = context;
  const { ingress, services } = cluster.documented;
  hint(
    async () =>
      `kubectl get ingress -A: does one lead to the platform? kubectl get networkpolicy -n NAMESPACE: is the ingress controller admitted (E42)? Who has ${ingress.address} (E25)?`,
  );
  const name = await appBehindIngress(context);
  const first = await answerInTime(
    cluster,
    { subject: "first answer for a tenant's app by its name", from: { host: 'outsider' }, to: asked(context, 'http', name) },
    { timeoutMs: promised.adminAccess.publishedMs, signal, until: isServed },
  );
  observe({ ...first, ...lateIf(!first.held) });
  const canine: Destination = { name: "Canine's own address", target: { kind: 'tcp', host: services.canine.address, port: 80 } };
  const [, outcomes = []] = await connect([
    { attempts: [{ role: 'control', from: atHost('outsider'), to: canine, expect: 'not-reached' }] },
    tenantsAppsOnly(context, name),
  ]);
  for (const [index, { host, scheme }] of everyWay().entries()) {
    const outcome = outcomes[index];
    const body = outcome?.kind === 'answered' ? outcome.body.trim() : '';
    // An app that has not answered has been told of already.
    if (outcome?.kind !== 'answered') continue;
    observe({
      key: `${host} -> ${scheme}: who answers by the app's name`,
      subject: `who answers for ${name} over ${scheme}`,
      vantage: host,
      expected: 'app',
      saw: body.slice(0, 120),
      held: body === 'app',
    });
  }
});

/** A tenant's app that only the ingress controller publishes; returns the name by which it does. */
async function appBehindIngress(context: CheckContext): Promise<string> {
  const { cluster, changes, signal } = context;
  const { namespace } = await scratchTenant(context);
  const name = `${namespace}.${cluster.documented.ingress.domain}`;
  await changes.createFrom(`${import.meta.dirname}/ingress-app.yaml`, { NAMESPACE: namespace, HOST: name });
  await readyPods(cluster.kubernetes, { namespace, selector: 'app=published', count: 1 }, signal);
  return name;
}

function asked({ cluster }: Pick<CheckContext, 'cluster'>, scheme: Scheme, host: string): HttpTarget {
  return {
    kind: 'http',
    url: `${scheme}://${cluster.documented.ingress.address}/hostname`,
    headers: [`Host: ${host}`],
    insecure: true,
  };
}

function isServed(outcome: Outcome): boolean {
  return outcome.kind === 'answered' && outcome.status === 200;
}

function everyWay(): { host: string; scheme: Scheme }[] {
  return hosts.flatMap((host) => schemes.map((scheme) => ({ host, scheme })));
}

/** The app answers everybody by its name; names of the platform, and one that nobody has, meet the default backend's 404 (ingress-nginx). */
function tenantsAppsOnly(context: Pick<CheckContext, 'cluster'>, app: string): Claim {
  const { ingress, services } = context.cluster.documented;
  const to = (name: string, scheme: Scheme, host: string): Destination => ({
    name: `${name} over ${scheme}`,
    target: asked(context, scheme, host),
  });
  const platform = [services.canine.hostname, services.opencost.hostname, services.longhorn.address];
  const notFound = { status: 404 };
  return claim([
    ...everyWay().map(({ host, scheme }): ClaimAttempt => ({
      role: 'observation',
      from: atHost(host),
      to: to("a tenant's app by its name", scheme, app),
      expect: { status: 200 },
    })),
    ...atHosts(hosts).flatMap((from) =>
      schemes.flatMap((scheme): ClaimAttempt[] => [
        ...platform.map((name): ClaimAttempt => ({
          role: 'observation',
          from,
          to: to(`the platform's name ${name}`, scheme, name),
          expect: notFound,
        })),
        { role: 'control', from, to: to('a name that no app has', scheme, `nobody.${ingress.domain}`), expect: notFound },
      ]),
    ),
  ]);
}
