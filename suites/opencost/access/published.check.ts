import { promised } from '../../../guide/limits.ts';
import { atApi, equal, lateIf } from '../../../harness/engine/measured.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { allocationsIn } from '../../../harness/platform/opencost/allocation.ts';
import { lastFreeAddresses } from '../../../harness/platform/metallb/load-balancer.ts';
import { livingPod } from '../../../harness/platform/prometheus/targets.ts';
import { answeringNodes, arpOwners, ownersText } from '../../../harness/probe/arp.ts';
import { type Outcome, gaveUp, mayBeLate, outcomeText } from '../../../harness/probe/outcome.ts';
import { worked } from '../../../harness/probe/worked.ts';
import { check } from '../check.ts';
import { apiPort } from '../copied-opencost.ts';
import { opencostPods } from '../cost-api.ts';
import { requirements } from '../requirements.ts';

const place = { namespace: 'opencost', name: 'opencost-ui-lb' };
const [uiPort, closedPort] = [9090, 81];
const workstation = { host: 'admin' };

check(
  requirements['COST-LB-ADDRESS'],
  async ({ cluster, observe, control, hint, signal }) => {
    hint(async () => `kubectl -n ${place.namespace} get service,endpointslices -o yaml; kubectl get servicel2statuses -A`);
    const { kubernetes, documented } = cluster;
    const { address } = documented.services.opencost;
    const [service, { items: slices }, [unused = '']] = await Promise.all([
      kubernetes.core.readNamespacedService(place),
      kubernetes.discovery.listNamespacedEndpointSlice({
        namespace: place.namespace,
        labelSelector: `kubernetes.io/service-name=${place.name}`,
      }),
      lastFreeAddresses(kubernetes, documented.pools.admin, 1),
    ]);
    const given = service.status?.loadBalancer?.ingress?.map(({ ip }) => ip ?? '') ?? [];
    observe(equal(`type of ${place.name}`, { expected: 'LoadBalancer', saw: service.spec?.type ?? 'none' }));
    observe(equal(`addresses of ${place.name}`, { expected: [address], saw: given }));
    const ready = slices.flatMap(({ endpoints = [] }) => endpoints).filter(({ conditions }) => conditions?.ready !== false);
    observe({
      subject: `ready endpoints of ${place.name}`,
      vantage: atApi,
      expected: 'one at least',
      saw: String(ready.length),
      held: ready.length > 0,
    });
    const nodes = await answeringNodes(cluster, address, signal);
    observe({
      subject: `nodes that answer ARP for ${address}`,
      vantage: 'lan',
      expected: 'one',
      saw: nodes.join(', ') || 'none',
      held: nodes.length === 1,
      ...lateIf(nodes.length === 0),
    });
    const nobody = await arpOwners(cluster, unused, signal);
    control({
      key: 'ARP for an address of the pool that nobody has',
      subject: `ARP for ${unused}, which nobody has`,
      vantage: 'lan',
      expected: 'no answer',
      saw: ownersText(nobody),
      held: nobody.length === 0,
    });
  },
  { uses: ['address-pools'] },
);

async function get({ cluster, signal }: Pick<CheckContext, 'cluster' | 'signal'>, url: string, withinMs: number): Promise<Outcome> {
  const [tried] = await cluster.probe(workstation, [{ kind: 'http', url, withinSeconds: Math.ceil(withinMs / 1000) }], signal);
  return worked(tried);
}

/** The page as OpenCost's own pod serves it. */
async function ownPage({ cluster, signal }: Pick<CheckContext, 'cluster' | 'signal'>): Promise<string> {
  const { namespace, pod } = await livingPod(cluster, opencostPods);
  const { status, body } = await cluster.kubernetes.ask({ namespace, pod, port: uiPort }, { method: 'GET', path: '/' }, signal);
  if (status !== 200) throw new Error(`OpenCost's own pod answers ${status} for its page`);
  return body.trim();
}

/** Whether an answer is the page that the pod itself serves. */
function observePage({ cluster, observe }: CheckContext, subject: string, { outcome, page }: { outcome: Outcome; page: string }): void {
  const isSame = outcome.kind === 'answered' && outcome.status === 200 && outcome.body.trim() === page;
  const { pageMs } = promised.opencost;
  observe({
    subject,
    vantage: cluster.placeText(workstation),
    expected: `200 and the page of the pod itself, within ${pageMs / 1000} s`,
    saw: `${outcomeText(outcome)}${outcome.kind === 'answered' ? `, ${isSame ? 'the same' : 'another'} page` : ''}`,
    held: isSame && outcome.afterMs <= pageMs,
    ...lateIf(mayBeLate(outcome)),
  });
}

check(requirements['COST-LB-UI-80'], async (context) => {
  const { cluster, control, hint, signal } = context;
  hint(async () => 'kubectl -n opencost get service opencost-ui-lb -o yaml: leads port 80 to 9090?');
  const { address } = cluster.documented.services.opencost;
  const page = await ownPage(context);
  observePage(context, `http://${address}/`, { outcome: await get(context, `http://${address}/`, promised.opencost.pageMs), page });
  const [closed] = await cluster.probe(workstation, [{ kind: 'tcp', host: address, port: closedPort }], signal);
  const outcome = worked(closed);
  control({
    subject: `port ${closedPort} of ${address}, which is not published`,
    vantage: cluster.placeText(workstation),
    expected: 'no connection',
    saw: outcomeText(outcome),
    held: outcome.kind !== 'connected',
  });
});

const attempts = 10;

check(requirements['COST-LB-API-9003'], async (context) => {
  const { cluster, observe, control, hint, signal } = context;
  hint(async () => 'kubectl -n opencost get service opencost-ui-lb -o yaml: has it port 9003, and the pod the labels that it selects?');
  const { address } = cluster.documented.services.opencost;
  const path = '/allocation?window=1d&aggregate=namespace';
  const url = `http://${address}:${apiPort}${path}`;
  const vantage = cluster.placeText(workstation);
  const outcomes: Outcome[] = [];
  for (let attempt = 0; attempt < attempts; attempt += 1) outcomes.push(await get(context, url, 30_000));
  const bad = outcomes.filter((outcome) => allocationsOf(outcome) === undefined);
  observe({
    subject: `answers of ${url} with code 200, over a new connection each`,
    vantage,
    expected: `${attempts} of ${attempts}`,
    saw: `${attempts - bad.length} of ${attempts}${bad[0] === undefined ? '' : `; ${outcomeText(bad[0])}`}`,
    held: bad.length === 0,
    ...lateIf(bad.length > 0 && bad.every(gaveUp)),
  });
  const pod = await livingPod(cluster, opencostPods);
  const own = await cluster.kubernetes.ask(pod, { method: 'GET', path }, signal);
  const last = outcomes.at(-1);
  observe(
    equal('namespaces in the answer', {
      expected: allocationsOf({ kind: 'answered', ...own, afterMs: 0 }) ?? [`HTTP ${own.status} of the pod itself`],
      saw: (last === undefined ? undefined : allocationsOf(last)) ?? ['no answer'],
      vantage,
    }),
  );
  const none = await get(context, `http://${address}:${apiPort}/conform-no-such-path`, 30_000);
  control({
    subject: 'a path that OpenCost does not have',
    vantage,
    expected: '404',
    saw: outcomeText(none),
    held: none.kind === 'answered' && none.status === 404,
  });
});

/** The names in the first set of an answer; undefined where it is none. */
function allocationsOf(outcome: Outcome): string[] | undefined {
  if (outcome.kind !== 'answered') return undefined;
  const answer = allocationsIn(outcome);
  return answer.kind === 'sets' ? [...(answer.sets[0]?.keys() ?? [])] : undefined;
}

check(requirements['COST-DNS-NAME'], async (context) => {
  const { cluster, observe, control, hint } = context;
  const { address, hostname } = cluster.documented.services.opencost;
  hint(async () => `the record of ${hostname} in the site's own name server`);
  const vantage = cluster.placeText(workstation);
  observe(equal(`addresses of ${hostname}`, { expected: address, saw: await addressesOf(context, hostname), vantage }));
  observePage(context, `http://${hostname}/`, {
    outcome: await get(context, `http://${hostname}/`, promised.opencost.pageMs),
    page: await ownPage(context),
  });
  const zone = hostname.slice(hostname.indexOf('.') + 1);
  const other = await addressesOf(context, `conform-${nonce()}.${zone}`);
  control({
    subject: `addresses of a name of ${zone} that nobody made`,
    vantage,
    expected: `none, or another than ${address}`,
    saw: other,
    held: other !== address,
  });
});

async function addressesOf({ cluster, signal }: Pick<CheckContext, 'cluster' | 'signal'>, name: string): Promise<string> {
  const printed = await cluster.runAt('admin', ['sh', '-c', 'getent ahostsv4 "$0" || [ $? -eq 2 ]', name], signal);
  const addresses = printed.split('\n').flatMap((line) => line.trim().split(/\s+/)[0] ?? []);
  return [...new Set(addresses)].filter((each) => each !== '').join(', ') || 'none';
}
