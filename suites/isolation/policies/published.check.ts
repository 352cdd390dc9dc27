import { nonce } from '../../../harness/engine/stable-key.ts';
import ipaddr from 'ipaddr.js';
import { check } from '../../fixtures/check.ts';
import { readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { connectionMatrix } from '../../fixtures/connection-matrix.ts';
import { echoPod } from '../../fixtures/echo-group.ts';
import { tenants } from '../../fixtures/groups.ts';
import { equal } from '../../../harness/engine/measured.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { answerInTime } from '../../../harness/probe/first-answer.ts';
import { readCells } from '../../../harness/probe/matrix.ts';
import { type Outcome, outcomeText } from '../../../harness/probe/probe.ts';
import { denied, every, programmedNodePorts, targetsLike, withinTenant } from '../../fixtures/cells.ts';
import { loadBalancers } from './load-balancers.ts';
import { requirements } from '../requirements.ts';

/** From the announcement to the first answer; the guide gives none. */
const answersMs = 15_000;

check(
  requirements['ISO-TENANT-APP-PUBLIC'],
  async (context) => {
    context.hint(
      async () =>
        'kubectl get networkpolicy -n canine-alice -o yaml: does a rule admit addresses outside the cluster to pods with exposure: public (E42)? kubectl get l2advertisements,ipaddresspools -n metallb-system -o yaml: is the address announced (E23)?',
    );
    const { cluster, changes, observe, control, signal } = context;
    const {
      alice: { namespace, pods },
    } = await tenants();
    const [closed] = pods;
    const name = `conform-public-${nonce()}`;
    await changes.createFrom(`${import.meta.dirname}/published-pod.yaml`, { NAME: name, NAMESPACE: namespace });
    const [[ready], balancers, unpublished] = await Promise.all([
      readyPods(cluster.kubernetes, { namespace, selector: `conform-pod=${name}`, count: 1 }, signal),
      loadBalancers(context, { namespace, pod: name }),
      loadBalancers(context, closed),
    ]);
    if (ready === undefined) throw new Error('no pod was published');
    const body = (outcome: Outcome | undefined): string =>
      outcome?.kind === 'answered' ? `${outcome.status} ${outcome.body}` : outcome === undefined ? 'no outcome' : outcomeText(outcome);
    const { first, last } = cluster.documented.pools.tenant;
    const [low, high] = [first, last].map(asNumber);
    await Promise.all(
      balancers.map(async ({ policy, address }) => {
        const url = `http://${address}/hostname`;
        observe({
          subject: `address of a published application, policy ${policy}`,
          vantage: 'Kubernetes API',
          expected: `in ${first}-${last}`,
          saw: address,
          held: asNumber(address) >= (low ?? 0) && asNumber(address) <= (high ?? 0),
        });
        const asked = { from: { host: 'outsider' }, to: { kind: 'http', url } } as const;
        const came = await answerInTime(
          cluster,
          { subject: `first answer of ${url}, policy ${policy}`, ...asked },
          { timeoutMs: answersMs, signal },
        );
        observe(came);
        if (!came.held) return;
        const [outcome] = await connections(context, [
          { role: 'observation', expect: { status: 200 }, ...asked, name: `a published application, policy ${policy}` },
        ]);
        if (outcome?.kind === 'answered')
          observe(equal(`body of ${url}, policy ${policy}`, { expected: name, saw: outcome.body, vantage: cluster.placeText(asked.from) }));
      }),
    );
    await connections(
      context,
      unpublished.map(({ address, policy }): Connection => ({
        ...denied,
        from: { host: 'outsider' },
        to: { kind: 'tcp', host: address, port: 80 },
        name: `load balancer of a pod that is not published, policy ${policy}`,
      })),
    );
    const [own] = await cluster.probe(closed.place, [{ kind: 'http', url: `${echoPod(ready).url}/hostname` }], signal);
    control(
      equal('the published pod, asked by its own tenant', {
        expected: `200 ${name}`,
        saw: body(own),
        vantage: cluster.placeText(closed.place),
      }),
    );
    const matrix = await connectionMatrix();
    await readCells(context, matrix, [
      ...every(matrix, ['outsider'], targetsLike(matrix, /^alice node port at /), denied),
      ...programmedNodePorts(matrix, cluster.documented.nodes),
      ...withinTenant(matrix, 'alice', /^alice (pod on \w+|service)$/),
    ]);
  },
  { uses: ['connection-matrix', 'address-pools'] },
);

function asNumber(address: string): number {
  return ipaddr.IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}
