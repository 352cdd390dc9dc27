import { promised } from '../../../guide/limits.ts';
import { equal, lateIf, noneOf } from '../../../harness/engine/measured.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import {
  addressesGiven,
  allocation,
  announcingNodes,
  loadBalancerService,
  loadBalancers,
  placeName,
} from '../../../harness/platform/metallb/load-balancer.ts';
import { type Claim, type ClaimAttempt, atHost, claim } from '../../../harness/probe/claims.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import { mayBeLate } from '../../../harness/probe/outcome.ts';
import { type Target, outcomeText, reached } from '../../../harness/probe/probe.ts';
import { addressesOf } from '../../../guide/address.ts';
import { answeredBy, fromPool } from '../../fixtures/allocation.ts';
import { check } from '../../fixtures/check.ts';
import { type EchoGroup, onEveryWorker } from '../../fixtures/echo-group.ts';
import { worked } from '../../../harness/probe/worked.ts';
import { requirements } from '../requirements.ts';
import { allAnswered } from '../service-routing.ts';
import { addressForEach, mayAnnounce } from './announcer-choice.ts';

const { announcementSettlesMs, addressAnswersMs, addressAssignedMs } = promised.network;
const hosts = ['outsider', 'lan'] as const;

check(
  requirements['NET-LB-AUTO'],
  async (context, { neutral, unaskedService: { got, before, pods, place } }) => {
    const { cluster, connect, observe, control, hint } = context;
    const { tenant } = cluster.documented.pools;
    hint(
      async () =>
        'kubectl get ipaddresspools,l2advertisements -n metallb-system -o yaml: which pool gave the address, and is it announced?',
    );
    observe(fromPool(`address of ${placeName(place)}, which asks for none`, got, { pool: 'tenant-pool', range: tenant }));
    control(equal('its addresses before it was of type LoadBalancer', { expected: [], saw: before }));
    for (const measured of await answeredBy(context, { from: { host: 'outsider' }, came: got, names: pods.map(({ pod }) => pod) }))
      observe(measured);
    if (got.kind === 'given') await connect([await connects(context, { address: got.address, from: ['outsider'], group: neutral })]);
  },
  { uses: ['address-pools'] },
);

interface Connecting {
  readonly address: string;
  readonly from: readonly string[];
  readonly group: EchoGroup;
}

/**
 * Hosts connect to an address. From each of them an address that nobody was given is silent and a host beyond the gateway is not;
 * and the pods answer their nodes, without MetalLB.
 */
async function connects({ cluster }: Pick<CheckContext, 'cluster'>, { address, from, group }: Connecting): Promise<Claim> {
  const [free = ''] = (await freeAddresses({ cluster })).toReversed();
  const attempts = from.flatMap((host): ClaimAttempt[] => {
    const source = atHost(host);
    const to = (name: string, target: Target) => ({ name, target });
    return [
      { role: 'observation', from: source, to: to('the address', { kind: 'tcp', host: address, port: 80 }), expect: 'reached' },
      {
        role: 'control',
        from: source,
        to: to('an address that nobody was given', { kind: 'tcp', host: free, port: 80 }),
        expect: 'not-reached',
      },
      {
        role: 'control',
        from: source,
        to: to('a host beyond the gateway', { kind: 'http', url: 'http://example.com/' }),
        expect: { status: 200 },
      },
    ];
  });
  const pods = group.pods.map(({ node, tcp }): ClaimAttempt => ({
    role: 'control',
    from: atHost(node),
    to: { name: `the pod on ${node} itself`, target: tcp },
    expect: 'reached',
  }));
  return claim([...attempts, ...pods]);
}

async function freeAddresses({ cluster: { kubernetes, documented } }: Pick<CheckContext, 'cluster'>): Promise<string[]> {
  const taken = new Set(
    (await loadBalancers(kubernetes)).flatMap((service) => [...addressesGiven(service), service.spec?.loadBalancerIP ?? '']),
  );
  return addressesOf(documented.pools.tenant).filter((address) => !taken.has(address));
}

/** Of each port, from each place: three endpoints are all met with a chance of 1 - 3 * (2/3)^30. */
const attemptsEach = 30;

check(
  requirements['NET-LB-EXTERNAL'],
  async (context, { neutral, unaskedService: { got, pods, place } }) => {
    const { cluster, connect, observe, control, hint, signal } = context;
    if (got.kind === 'none') throw new Error(`${placeName(place)} has no address to be reached at: ${got.reason}`);
    const named = await announcingNodes(cluster.kubernetes, place, { timeoutMs: announcementSettlesMs, signal });
    hint(async () => `does kube-proxy run on ${named.join(', ') || 'the node that announces the address: MetalLB names none'}?`);
    const urls = [`http://${got.address}/hostname`, `http://${got.address}:443/hostname`];
    control(onEveryWorker(cluster, pods));
    await firstAnswer(
      cluster,
      { from: { host: 'outsider' }, to: { kind: 'http', url: urls[0] ?? '' } },
      { timeoutMs: addressAnswersMs, signal },
    );
    const measured = await Promise.all(
      hosts.map(async (host) => ({ host, outcomes: await cluster.probe({ host }, urls.flatMap(many), signal) })),
    );
    for (const { host, outcomes } of measured) {
      for (const [index, url] of urls.entries()) {
        const own = outcomes.slice(index * attemptsEach, (index + 1) * attemptsEach);
        const note = `, announced by ${named.join(', ') || 'nobody'},`;
        const key = `port ${new URL(url).port || '80'} from ${host}`;
        for (const each of allAnswered(url, { outcomes: own, pods, vantage: cluster.placeText({ host }), note, key })) observe(each);
      }
    }
    await throughEveryAnnouncer(context, neutral);
    await connect([await connects(context, { address: got.address, from: hosts, group: neutral })]);
  },
  { uses: ['address-pools'], deadlineMs: 180_000 },
);

function many(url: string): Target[] {
  return Array.from({ length: attemptsEach }, () => ({ kind: 'http', url }));
}

/** Left free at both ends, where Services that ask for nothing and other checks take their addresses. */
const leftFree = { first: 20, last: 10 };

/** One address for each node that may announce any: by each of them every endpoint is met, on its own node and on others. */
async function throughEveryAnnouncer(context: CheckContext, { namespace, service }: EchoGroup): Promise<void> {
  const { cluster, changes, observe, control, signal } = context;
  const { kubernetes } = cluster;
  const candidates = mayAnnounce((await kubernetes.core.listNode()).items);
  const chosen = addressForEach(candidates, (await freeAddresses(context)).slice(leftFree.first, -leftFree.last));
  const suffix = nonce();
  const announced = await Promise.all(
    chosen.map(async ({ node, address }) => {
      const own = { namespace, name: `conform-by-${node}-${suffix}` };
      await changes.create(loadBalancerService({ ...own, address, selector: { 'conform-echo': service.name } }));
      const came = await allocation(kubernetes, own, { timeoutMs: addressAssignedMs, signal });
      const nodes = await announcingNodes(kubernetes, own, { timeoutMs: announcementSettlesMs, signal });
      return { node: nodes.join(', '), nodes, came };
    }),
  );
  const unannounced = announced.filter(({ nodes }) => nodes.length === 0);
  observe({
    ...noneOf('addresses that nobody announces, of one for each node that may', {
      saw: unannounced.map(({ came }) => (came.kind === 'given' ? came.address : came.reason)),
    }),
    ...lateIf(unannounced.length > 0),
  });
  if (unannounced.length > 0) return;
  control(
    equal('nodes that announce one of these addresses, of all that may', {
      expected: candidates,
      saw: announced.flatMap(({ nodes }) => nodes),
    }),
  );
  for (const { node, came } of announced) {
    if (came.kind === 'none') throw new Error(`a Service for ${node} has no address to be reached at: ${came.reason}`);
    await firstAnswer(
      cluster,
      { from: { host: 'outsider' }, to: { kind: 'tcp', host: came.address, port: 80 } },
      { timeoutMs: addressAnswersMs, signal },
    );
  }
  const addresses = announced.flatMap(({ came }) => (came.kind === 'given' ? [came.address] : []));
  const targets = addresses.flatMap((host) => Array.from({ length: attemptsEach }, (): Target => ({ kind: 'tcp', host, port: 80 })));
  const measured = await Promise.all(hosts.map(async (host) => ({ host, outcomes: await cluster.probe({ host }, targets, signal) })));
  for (const { host, outcomes } of measured)
    for (const [index, { node }] of announced.entries()) {
      const failed = outcomes.slice(index * attemptsEach, (index + 1) * attemptsEach).filter((each) => !reached(worked(each)));
      observe({
        ...noneOf(`new connections of ${attemptsEach} to an address that ${node} announces, from ${host}, which were not made`, {
          saw: failed.map(outcomeText),
          vantage: cluster.placeText({ host }),
        }),
        key: `connections by ${node} from ${host}`,
        ...lateIf(failed.length > 0 && failed.every(mayBeLate)),
      });
    }
}
