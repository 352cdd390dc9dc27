import { equal, noneOf } from '../../../harness/engine/measured.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { readManifest } from '../../../harness/platform/kubernetes/manifest.ts';
import { addressPool, addressPools, metallbNamespace, poolText, rangeText } from '../../../harness/platform/metallb/address-pools.ts';
import { addressesGiven } from '../../../harness/platform/metallb/load-balancer.ts';
import { type Destination, reach } from '../../../harness/probe/claims.ts';
import { check } from '../check.ts';
import { requirements } from '../requirements.ts';
import { workstation } from '../vantages.ts';
import { holderText, holdersOf, poolsWith } from './pool-holders.ts';
import { named, whichPools } from './pool-texts.ts';

const poolName = 'admin-pool';

/** A product and the address that the guide gives it. */
interface Product {
  readonly product: string;
  readonly address: string;
  readonly namespace: string;
}

check(
  requirements['ADM-POOL-ADMIN'],
  async (context) => {
    const { cluster, observe, control, hint, signal } = context;
    const { pools, services } = cluster.documented;
    hint(whichPools);
    const [seen, listed, scratch] = await Promise.all([
      addressPools(cluster.kubernetes),
      cluster.kubernetes.core.listServiceForAllNamespaces(),
      dryRunPool(cluster.kubernetes, signal),
    ]);
    observe(
      equal('pool of the administrators', {
        expected: poolText({ name: poolName, addresses: [rangeText(pools.admin)], autoAssign: false }),
        saw: named(seen, poolName),
      }),
    );
    observe(
      noneOf('other pools that hold addresses of the administrators', {
        saw: poolsWith(seen, pools.admin)
          .filter(({ name }) => name !== poolName)
          .map(poolText),
      }),
    );
    const products: readonly Product[] = [
      { product: 'Longhorn', address: services.longhorn.address, namespace: 'longhorn-system' },
      { product: 'Canine', address: services.canine.address, namespace: 'canine' },
      { product: 'OpenCost', address: services.opencost.address, namespace: 'opencost' },
    ];
    const holders = holdersOf(listed.items, pools.admin);
    for (const { address, namespace } of products)
      observe(
        equal(`namespace whose Service has ${address}, and its pool`, {
          expected: [`${namespace} from ${poolName}`],
          saw: holders.filter((each) => each.address === address).map((each) => `${each.namespace} from ${each.pool}`),
        }),
      );
    observe(
      noneOf('other Services that have an address of the administrators, or one from their pool', {
        saw: [
          ...holders.filter(({ address }) => !products.some((each) => each.address === address)).map(holderText),
          ...outsideTheRange(
            listed.items,
            holders.map(({ name }) => name),
          ),
        ],
      }),
    );
    await productsNameThemselves(context, products);
    control(
      equal('a scratch pool (dry run), read alike', {
        expected: 'conform-scratch 198.51.100.0-198.51.100.9, only on request',
        saw: scratch,
      }),
    );
  },
  { uses: ['address-pools'] },
);

/** Services whose address is from the pool and not of its documented range. */
function outsideTheRange(services: Parameters<typeof holdersOf>[0], within: readonly string[]): string[] {
  const everywhere = { first: '0.0.0.0', last: '255.255.255.255' };
  return holdersOf(
    services.filter((service) => addressesGiven(service).length > 0),
    everywhere,
  )
    .filter(({ name, pool }) => pool === poolName && !within.includes(name))
    .map(holderText);
}

/** A pool as the API would keep it, without keeping it. */
async function dryRunPool(kubernetes: Kubernetes, signal: AbortSignal): Promise<string> {
  const [body] = await readManifest(`${import.meta.dirname}/scratch-pool.yaml`, { NAMESPACE: metallbNamespace });
  if (body === undefined) throw new Error('scratch-pool.yaml holds no object');
  const path = `/apis/metallb.io/v1beta1/namespaces/${metallbNamespace}/ipaddresspools?dryRun=All`;
  const answer = await kubernetes.request({ method: 'POST', path, body }, signal);
  return answer.status === 201 ? poolText(addressPool(answer.body as object)) : `${answer.status} ${answer.message}`;
}

/** At each product's address the administrator sees a page that names the product, and no other. */
async function productsNameThemselves({ connect, observe }: CheckContext, products: readonly Product[]): Promise<void> {
  const to = products.map(({ product, address }): Destination => ({
    name: `the page at the address of ${product}`,
    target: { kind: 'http', url: `http://${address}/` },
  }));
  const [outcomes = []] = await connect([reach({ from: workstation, to })]);
  for (const [index, { product, address }] of products.entries()) {
    const page = outcomes[index];
    // A page that has not come names nothing, and has been told of already.
    if (page?.kind !== 'answered') continue;
    observe(
      equal(`product that names itself at http://${address}/`, {
        expected: [product],
        saw: products.filter((each) => page.body.includes(each.product)).map((each) => each.product),
        vantage: workstation.name,
      }),
    );
  }
}
