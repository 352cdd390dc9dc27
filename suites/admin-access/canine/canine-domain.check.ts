import { promised } from '../../../guide/limits.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { WaitTimeout } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { assignedAddress } from '../../../harness/platform/metallb/load-balancer.ts';
import { type ClaimAttempt, atHost } from '../../../harness/probe/claims.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import type { HttpTarget } from '../../../harness/probe/probe.ts';
import { check } from '../check.ts';
import { requirements } from '../requirements.ts';
import { deployed } from './app-pods.ts';
import { newApp, withCanine } from './canine.ts';
import { does, inOrder } from './in-order.ts';

const { domainServedMs } = promised.adminAccess;
const outsider = atHost('outsider');

check(
  requirements['ADM-CANINE-DOMAIN'],
  (context) =>
    withCanine(context, async (canine) => {
      const planned = newApp();
      const app = canine.app(planned);
      const [added, unknown] = [`${planned.name}.example.com`, `not-${planned.name}.example.com`];
      const at = await ingress(context);
      await context.connect([{ attempts: [notFound('the domain before it is added', at(added))] }]);
      await inOrder(context, [
        does('an application is created', () => app.create()),
        ...deployed(context, { app, planned }),
        does('a domain is added', () => app.addDomain(added)),
        {
          subject: `https://${added} at the ingress, from outside`,
          expected: 'the application',
          see: async () => {
            const first = await firstAnswer(
              context.cluster,
              { from: outsider.place, to: at(added) },
              {
                timeoutMs: domainServedMs,
                signal: context.signal,
                until: (outcome) => outcome.kind === 'answered' && outcome.body.startsWith(planned.name),
              },
            );
            if (!first.answered) throw new WaitTimeout(added, { timeoutMs: domainServedMs, last: first.text });
            return 'the application';
          },
          awaited: true,
        },
      ]);
      await context.connect([{ attempts: [notFound('a domain that was not added', at(unknown))] }]);
    }),
  { uses: ['canine'], deadlineMs: 300_000 },
);

function notFound(name: string, target: HttpTarget): ClaimAttempt {
  return { role: 'control', from: outsider, to: { name, target }, expect: { status: 404 } };
}

/** A request for a domain at the ingress. */
async function ingress({ cluster: { kubernetes }, signal }: CheckContext): Promise<(domain: string) => HttpTarget> {
  const service = { namespace: 'ingress-nginx', name: 'ingress-nginx-controller' };
  const address = await assignedAddress(kubernetes, service, { timeoutMs: patience('answer'), signal });
  return (domain) => ({ kind: 'http', url: `https://${address}/hostname`, headers: [`Host: ${domain}`], insecure: true });
}
