import type { Profile } from '../../../guide/cluster.ts';
import { check } from '../../fixtures/check.ts';
import { isWithin } from '../../../guide/address.ts';
import { type AddressPool, addressPools, rangesOf } from '../../../harness/platform/metallb/address-pools.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import {
  addressesGiven,
  announcingNodes,
  isScratch,
  lastFreeAddresses,
  listedServices,
  loadBalancers,
  placeName,
} from '../../../harness/platform/metallb/load-balancer.ts';
import { onEveryWorker } from '../../fixtures/echo-group.ts';
import { neutral } from '../../fixtures/groups.ts';
import { unaskedService } from '../../fixtures/unasked-service.ts';
import { atApi, equal, noneOf } from '../../../harness/engine/measured.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import { answeredBy, fromPool } from '../../fixtures/allocation.ts';
import { requirements } from '../requirements.ts';
import { allAnswered } from '../service-routing.ts';

const outsider = { host: 'outsider' };
const lan = { host: 'lan' };
/** The register's time for an address to answer and to be announced; the guide gives none. */
const settlesWithinMs = 10_000;

check(
  requirements['NET-LB-AUTO'],
  async (context) => {
    const { cluster, observe, control, hint } = context;
    const { tenant } = cluster.documented.pools;
    hint(
      async () =>
        'kubectl get ipaddresspools,l2advertisements -n metallb-system -o yaml: which pool gave the address, and is it announced?',
    );
    const { got, before, pods, place } = await unaskedService();
    observe(fromPool(`address of ${placeName(place)}, which asks for none`, got, { pool: 'tenant-pool', range: tenant }));
    control(equal('its addresses before it was of type LoadBalancer', { expected: [], saw: before }));
    for (const measured of await answeredBy(context, { from: outsider, came: got, names: pods.map(({ pod }) => pod) })) observe(measured);
    await connections(context, await anchors(cluster, [outsider]));
  },
  { uses: ['address-pools'] },
);

/** From each place: an address that nobody was given is silent, and a host beyond the gateway is not; the pods answer a node, without MetalLB. */
async function anchors({ kubernetes, documented }: Cluster, places: readonly { host: string }[]): Promise<Connection[]> {
  const [[free = ''], { pods }] = [await lastFreeAddresses(kubernetes, documented.pools.tenant, 1), await neutral()];
  return [
    ...places.flatMap((from): Connection[] => [
      { role: 'control', from, to: { kind: 'tcp', host: free, port: 80 }, name: 'an address that nobody was given', expect: 'not-reached' },
      {
        role: 'control',
        from,
        to: { kind: 'http', url: 'http://example.com/' },
        name: 'a host beyond the gateway',
        expect: { status: 200 },
      },
    ]),
    ...pods.map(({ node, tcp }): Connection => ({
      role: 'control',
      from: { host: node },
      to: tcp,
      name: 'the pod itself',
      expect: 'reached',
    })),
  ];
}

/** Of each port, from each place: three endpoints are all met with a chance of 1 - 3 * (2/3)^30. */
const attemptsEach = 30;

check(
  requirements['NET-LB-EXTERNAL'],
  async (context) => {
    const { cluster, observe, control, hint, signal } = context;
    const { got, pods, place } = await unaskedService();
    if (got.kind === 'none') throw new Error(`${placeName(place)} has no address to be reached at: ${got.reason}`);
    const announcers = await announcingNodes(cluster.kubernetes, place, { timeoutMs: settlesWithinMs, signal });
    hint(async () => `does kube-proxy run on ${announcers.join(', ') || 'the node that announces the address: MetalLB names none'}?`);
    const urls = [`http://${got.address}/hostname`, `http://${got.address}:443/hostname`];
    control(onEveryWorker(cluster, pods));
    await firstAnswer(cluster, { from: outsider, to: { kind: 'http', url: urls[0] ?? '' } }, { timeoutMs: settlesWithinMs, signal });
    const measured = await Promise.all(
      [outsider, lan].map(async (from) => ({
        from,
        outcomes: await cluster.probe(
          from,
          urls.flatMap((url) => Array.from({ length: attemptsEach }, () => ({ kind: 'http' as const, url }))),
          signal,
        ),
      })),
    );
    const series = measured.flatMap(({ from, outcomes }) =>
      urls.map((url, index) => ({
        vantage: cluster.placeText(from),
        url,
        outcomes: outcomes.slice(index * attemptsEach, (index + 1) * attemptsEach),
      })),
    );
    for (const { vantage, url, outcomes } of series) {
      for (const each of allAnswered(url, { outcomes, pods, vantage, note: `, announced by ${announcers.join(', ') || 'nobody'},` }))
        observe(each);
    }
    await connections(context, await anchors(cluster, [outsider, lan]));
  },
  { uses: ['address-pools'] },
);

/** Guide, Complete Cluster Health Check, 9, and Quick Reference; corrected for E99. */
const listings: Record<Profile, string> = {
  'as-written': 'kubectl --kubeconfig=kubeconfig get svc -A --field-selector spec.type=LoadBalancer',
  corrected: `kubectl --kubeconfig=kubeconfig get svc -A | awk 'NR == 1 || $3 == "LoadBalancer"'`,
};

check(
  requirements['NET-LB-INVENTORY'],
  async ({ cluster, observe, control, hint, signal }) => {
    const { kubernetes, descriptor } = cluster;
    hint(
      async () =>
        'kubectl get servicel2statuses,ipaddresspools,l2advertisements -A: which Service has no address, or nobody who announces it?',
    );
    const own = (await unaskedService()).place;
    const command = listings[descriptor.profile];
    const [listed, all, pools] = await Promise.all([
      cluster.runAsReader(['sh', '-c', command], signal),
      loadBalancers(kubernetes),
      addressPools(kubernetes),
    ]);
    const services = await listedServices(
      kubernetes,
      all.filter((service) => !isScratch(service) || service.metadata?.name === own.name),
    );
    const rows = listed.stdout
      .split('\n')
      .slice(1)
      .map((line) => line.split(/\s+/))
      .map(([namespace = '', name = '']) => ({ namespace, name }));
    const names = rows
      .filter(({ namespace, name }) => name !== '' && (name === own.name || !isScratch({ metadata: { namespace, name } })))
      .map(placeName);
    observe(
      equal(`what \`${command}\` lists`, {
        expected: services.map(({ place }) => placeName(place)),
        saw: listed.code === 0 && names.length > 0 ? names : `exit code ${listed.code}: ${listed.stderr.trim()}`,
        vantage: cluster.placeText({ host: 'admin' }),
      }),
    );
    for (const { place, addresses } of services)
      observe({
        subject: `address of ${placeName(place)}`,
        vantage: atApi,
        expected: 'one, in a pool',
        saw: addresses.join(', ') || 'none',
        held: addresses.length === 1 && addresses.every((address) => isPooled(address, pools)),
      });
    const given = all.flatMap(addressesGiven);
    observe(noneOf('addresses that two Services have', { saw: given.filter((address, index) => given.indexOf(address) !== index) }));
    const served = services.filter((each) => each.served);
    const announced = await Promise.all(
      served.map(async ({ place }) => ({ place, nodes: await announcingNodes(kubernetes, place, { timeoutMs: settlesWithinMs, signal }) })),
    );
    for (const { place, nodes } of announced)
      observe({
        subject: `nodes that announce ${placeName(place)}`,
        vantage: atApi,
        expected: 'one',
        saw: nodes.join(', ') || 'none',
        held: nodes.length === 1,
      });
    const plain = await cluster.runAsReader(
      ['kubectl', '--kubeconfig=kubeconfig', 'get', 'svc', own.name, '-n', own.namespace, '-o', 'name'],
      signal,
    );
    control({
      subject: 'a Service that this run has just made',
      vantage: atApi,
      expected: "there, with an address and endpoints, also for the reader's kubectl",
      saw: `${plain.stdout.trim() || plain.stderr.trim()}, ${served.some(({ place }) => place.name === own.name) ? 'with' : 'without'} endpoints`,
      held: plain.code === 0 && served.some(({ place }) => place.name === own.name),
    });
  },
  { uses: ['address-pools'] },
);

function isPooled(address: string, pools: readonly AddressPool[]): boolean {
  return pools.some((pool) => rangesOf(pool).some((range) => isWithin(address, range)));
}
