import { isWithin } from '../../../guide/address.ts';
import { equal } from '../../../harness/engine/measured.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { type Destination, atHost, denial, reach } from '../../../harness/probe/claims.ts';
import { answerInTime } from '../../../harness/probe/first-answer.ts';
import { check } from '../../fixtures/check.ts';
import { type EchoPod, echoPod, workerNames } from '../../fixtures/echo-group.ts';
import { fromHosts, toKind } from '../../fixtures/matrix-parts.ts';
import { requirements } from '../requirements.ts';
import { type LoadBalancer, loadBalancers } from './load-balancers.ts';
import { deniedNodePorts } from './node-ports.ts';
import { podSource, sourcesIn, websIn } from './sources.ts';

const outsider = atHost('outsider');

check(
  requirements['ISO-TENANT-APP-PUBLIC'],
  async (context, { matrix, tenants: { alice } }) => {
    context.hint(
      async () =>
        'kubectl get networkpolicy -n canine-alice -o yaml: does a rule admit addresses outside the cluster to pods with exposure: public (E42)? kubectl get l2advertisements,ipaddresspools -n metallb-system -o yaml: is the address announced (E23)?',
    );
    const { connect, cluster } = context;
    const workers = workerNames(cluster).length;
    const [closed] = alice.pods;
    const published = await publishedPod(context, alice.namespace);
    const [balancers, unpublished] = await Promise.all([loadBalancers(context, published), loadBalancers(context, closed)]);
    await Promise.all(balancers.map((balancer) => observePublished(context, published, balancer)));
    // The outsider's own anchor is no part of the promise.
    const elsewhere = matrix.targets(
      toKind('host', ({ host }) => host === 'lan'),
      1,
    );
    await connect([
      denial({
        from: outsider,
        to: unpublished.map(({ address, policy }) => ({
          name: `load balancer of a pod that is not published, policy ${policy}`,
          target: { kind: 'tcp', host: address, port: 80 },
        })),
        sameSourceReaches: elsewhere,
        targetAnswers: podSource('alice', closed),
      }),
      deniedNodePorts(matrix, cluster.documented.nodes, {
        from: matrix.sources(fromHosts(outsider.name), 1),
        of: 'alice',
        sameSourceReaches: elsewhere,
      }),
      matrix.denial({
        from: sourcesIn(matrix, 'bob', workers),
        to: websIn(matrix, 'alice', workers),
        sameSourceReaches: websIn(matrix, 'bob', workers),
        targetAnswers: sourcesIn(matrix, 'alice', workers),
      }),
    ]);
    await controlAnswer(context, { from: closed, published });
  },
  { uses: ['address-pools'] },
);

interface PublishedPod extends EchoPod {
  readonly name: string;
}

async function publishedPod({ cluster: { kubernetes }, changes, signal }: CheckContext, namespace: string): Promise<PublishedPod> {
  const name = `conform-public-${nonce()}`;
  await changes.createFrom(`${import.meta.dirname}/published-pod.yaml`, { NAME: name, NAMESPACE: namespace });
  const [ready] = await readyPods(kubernetes, { namespace, selector: `conform-pod=${name}`, count: 1 }, signal);
  if (ready === undefined) throw new Error('no pod was published');
  return { ...echoPod(ready), name };
}

/** Its address is of the tenants' pool, and an outsider gets the pod's own answer there. */
async function observePublished(
  { cluster, connect, observe, signal }: CheckContext,
  { name }: PublishedPod,
  { policy, address }: LoadBalancer,
): Promise<void> {
  const { tenant } = cluster.documented.pools;
  const text = `a published application, policy ${policy}`;
  observe({
    subject: `address of ${text}`,
    vantage: 'Kubernetes API',
    expected: `in ${tenant.first}-${tenant.last}`,
    saw: address,
    held: isWithin(address, tenant),
  });
  const page: Destination = { name: text, target: { kind: 'http', url: `http://${address}/hostname` } };
  // The guide gives no time from the announcement to the first answer.
  const came = await answerInTime(
    cluster,
    { subject: `first answer of ${text}`, from: outsider.place, to: page.target },
    { timeoutMs: patience('answer'), signal },
  );
  observe(came);
  if (!came.held) return;
  const [[outcome] = []] = await connect([reach({ from: outsider, to: page, status: 200 })]);
  if (outcome?.kind === 'answered')
    observe(equal(`body of ${text}`, { expected: name, saw: outcome.body, vantage: cluster.placeText(outsider.place) }));
}

/** The published pod, asked by its own tenant, gives the same answer. */
async function controlAnswer(
  { cluster, connect, control }: CheckContext,
  { from, published }: { from: EchoPod; published: PublishedPod },
): Promise<void> {
  const to: Destination = { name: 'the published pod', target: { kind: 'http', url: `${published.url}/hostname` } };
  const [[outcome] = []] = await connect([
    { attempts: [{ role: 'control', from: podSource('alice', from), to, expect: { status: 200 } }] },
  ]);
  if (outcome?.kind === 'answered')
    control(equal('body of the published pod', { expected: published.name, saw: outcome.body, vantage: cluster.placeText(from.place) }));
}
