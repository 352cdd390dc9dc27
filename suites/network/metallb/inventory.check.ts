import { isWithin } from '../../../guide/address.ts';
import type { Profile } from '../../../guide/cluster.ts';
import { promised } from '../../../guide/limits.ts';
import { atApi, equal, lateIf, noneOf } from '../../../harness/engine/measured.ts';
import { type AddressPool, addressPools, rangesOf } from '../../../harness/platform/metallb/address-pools.ts';
import {
  addressesGiven,
  announcingNodes,
  isScratch,
  listedServices,
  loadBalancers,
  placeName,
} from '../../../harness/platform/metallb/load-balancer.ts';
import { check } from '../../fixtures/check.ts';
import { requirements } from '../requirements.ts';

const settlesWithinMs = promised.network.announcementSettlesMs;

/** Guide, Complete Cluster Health Check, 9, and Quick Reference; corrected for E99. */
const listings: Record<Profile, string> = {
  'as-written': 'kubectl --kubeconfig=kubeconfig get svc -A --field-selector spec.type=LoadBalancer',
  corrected: `kubectl --kubeconfig=kubeconfig get svc -A | awk 'NR == 1 || $3 == "LoadBalancer"'`,
};

check(
  requirements['NET-LB-INVENTORY'],
  async ({ cluster, observe, control, hint, signal }, { unaskedService: { place: own } }) => {
    const { kubernetes, descriptor } = cluster;
    hint(
      async () =>
        'kubectl get servicel2statuses,ipaddresspools,l2advertisements -A: which Service has no address, or nobody who announces it?',
    );
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
        ...lateIf(nodes.length === 0),
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
