import { promised } from '../../../guide/limits.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { atHost, claim, silentPort } from '../../../harness/probe/claims.ts';
import { type HttpTarget, type Outcome, outcomeText } from '../../../harness/probe/probe.ts';
import { check } from '../check.ts';
import { worked } from '../../../harness/probe/worked.ts';
import { type CopiedOpenCost, apiPort, copyOpenCost } from '../copied-opencost.ts';
import { requirements } from '../requirements.ts';

const withinMs = promised.opencost.healthAnswersMs;

/** The path by which OpenCost tells that it lives. */
function health(host: string, path = '/healthz'): HttpTarget {
  return { kind: 'http', url: `http://${host}:${apiPort}${path}`, withinSeconds: withinMs / 1000 };
}

check(requirements['COST-API-HEALTHZ'], async (context) => {
  const { cluster, connect, observe, control, hint, signal } = context;
  const { opencost } = cluster.documented.services;
  hint(async () => 'kubectl get endpoints opencost-ui-lb -n opencost: does the Service select a pod of OpenCost, and nothing else?');
  const from = atHost('admin');
  const [[outcome] = []] = await connect([
    claim([
      { role: 'observation', from, to: { name: 'OpenCost', target: health(opencost.address) }, expect: { status: 200 } },
      {
        role: 'observation',
        from,
        to: { name: 'a path that OpenCost does not have', target: health(opencost.address, '/nosuch') },
        expect: { status: 404 },
      },
      {
        role: 'control',
        from,
        to: silentPort({ name: 'the address of OpenCost', target: { kind: 'tcp', host: opencost.address, port: apiPort } }),
        expect: 'not-reached',
      },
    ]),
  ]);
  // Where the original does not live, a copy tells nothing more.
  if (!isHealthy(outcome)) return;
  // "And not otherwise": seen on a copy, for the original serves its users.
  const copy = await copyOpenCost(context);
  const asked = async () => worked((await cluster.probe({ host: copy.node }, [health(copy.address)], signal))[0]);
  const alive = await asked();
  control({
    subject: 'a copy of OpenCost behind a Service, while it lives',
    vantage: copy.node,
    expected: 'HTTP 200',
    saw: outcomeText(alive),
    held: isHealthy(alive),
  });
  await cluster.kubernetes.core.deleteNamespacedPod({ namespace: copy.namespace, name: copy.pod, gracePeriodSeconds: 0 });
  await gone(context, copy);
  const dead = await asked();
  observe({
    subject: 'the same Service when the copy of OpenCost is dead',
    vantage: copy.node,
    expected: `no HTTP 200 within ${withinMs / 1000} s`,
    saw: outcomeText(dead),
    held: !isHealthy(dead),
  });
});

function isHealthy(outcome: Outcome | undefined): boolean {
  return outcome?.kind === 'answered' && outcome.status === 200;
}

/** Waits until the copy's process has ended: its pod is gone, and nobody is behind its Service. */
async function gone({ cluster: { kubernetes }, signal }: CheckContext, { namespace, pod }: CopiedOpenCost): Promise<void> {
  await until(`pod ${pod} and its endpoint to go`, { timeoutMs: patience('objectGone'), everyMs: 250, signal }, async () => {
    const [pods, slices] = await Promise.all([
      kubernetes.core.listNamespacedPod({ namespace, fieldSelector: `metadata.name=${pod}` }),
      kubernetes.discovery.listNamespacedEndpointSlice({ namespace, labelSelector: `kubernetes.io/service-name=${pod}` }),
    ]);
    const endpoints = slices.items.flatMap((slice) => slice.endpoints ?? []).length;
    return pods.items.length + endpoints === 0 ? { done: undefined } : { notYet: `${pods.items.length} pods, ${endpoints} endpoints` };
  });
}
