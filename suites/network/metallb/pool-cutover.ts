import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Measured } from '../../../harness/engine/evidence.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';
import {
  type ListedService,
  addressesGiven,
  isScratch,
  listedServices,
  loadBalancers,
  metallbAnnotations,
  placeName,
} from '../../../harness/platform/metallb/load-balancer.ts';
import { arpSweep, ownersText } from '../../../harness/probe/arp.ts';
import type { Destination } from '../../../harness/probe/claims.ts';
import { answerInTime } from '../../../harness/probe/first-answer.ts';
import { reached } from '../../../harness/probe/probe.ts';
import { promised } from '../../../guide/limits.ts';
import { startSampling } from '../../../harness/probe/sampler.ts';
import type { PoolState } from './pool-state.ts';

const outsider = { host: 'outsider' };
const lan = { host: 'lan' };
/** The sampling ends by itself after this time. */
const mostSampledMs = 120_000;

/** The command by which the guide's reader brings the pools from one state to another. */
export async function commandTo(wanted: PoolState, from: PoolState): Promise<string[]> {
  const script = await readFile(`${import.meta.dirname}/set-pools.sh`, 'utf8');
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: wanted.objects });
  const gone = from.pools.map(({ name }) => name).filter((name) => wanted.pools.every((pool) => pool.name !== name));
  return ['sh', '-c', script, 'set-pools.sh', list, ...gone];
}

/** Throws where somebody's Service would get another address for good: one that never asked for the one that it has. */
export async function nobodyLosesAnAddress({ kubernetes }: Cluster): Promise<void> {
  const services = (await loadBalancers(kubernetes)).filter((service) => !isScratch(service) && addressesGiven(service).length > 0);
  const unasked = services.filter(
    ({ metadata, spec }) => spec?.loadBalancerIP === undefined && metadata?.annotations?.[metallbAnnotations.address] === undefined,
  );
  if (unasked.length === 0) return;
  throw new Error(
    `the step is not followed again where Services have addresses that they did not ask for, and would get others: ${unasked.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`).join(', ')}`,
  );
}

/**
 * What this run has published asks for the address that it has: back in a pool that gives all of them out it would take one
 * that the platform's Services ask for, and move with the step.
 */
export async function holdOwnAddresses({ cluster: { kubernetes }, changes }: Pick<CheckContext, 'cluster' | 'changes'>): Promise<void> {
  const own = (await loadBalancers(kubernetes)).filter((service) => isScratch(service) && addressesGiven(service).length > 0);
  await Promise.all(
    own.map(({ metadata, ...service }) =>
      changes.patch(
        { apiVersion: 'v1', kind: 'Service', metadata: { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' } },
        { metadata: { annotations: { [metallbAnnotations.address]: addressesGiven(service).join(',') } } },
      ),
    ),
  );
}

/** What has an address and somebody behind it, so that it must be announced. */
export async function servedNow(kubernetes: Kubernetes): Promise<ListedService[]> {
  return (await listedServices(kubernetes, await loadBalancers(kubernetes))).filter(
    ({ served, addresses }) => served && addresses.length > 0,
  );
}

/** New connections from beyond the gateway and from the LAN, whose host has forgotten by then who had the address. */
export async function firstAnswers(
  cluster: Cluster,
  { address, when, withinMs }: { address: string; when: string; withinMs: number },
  signal: AbortSignal,
): Promise<Measured[]> {
  await cluster.runAt(lan.host, ['ip', 'neighbour', 'flush', 'to', address], signal);
  const to = { kind: 'http' as const, url: `http://${address}/hostname` };
  return Promise.all(
    [outsider, lan].map(async (from) => ({
      ...(await answerInTime(cluster, { subject: `new connection to ${address} ${when}`, from, to }, { timeoutMs: withinMs, signal })),
      key: `new connection from ${from.host} ${when}`,
    })),
  );
}

/** The addresses that others have published and that an administrator reaches now: the step does not open those that policies keep closed. */
export async function reachedOfOthers({ cluster, signal }: Pick<CheckContext, 'cluster' | 'signal'>): Promise<Destination[]> {
  const others = (await loadBalancers(cluster.kubernetes)).filter((service) => !isScratch(service));
  const published = others.flatMap((service) =>
    addressesGiven(service).map((host): Destination => ({
      name: placeName({ namespace: service.metadata?.namespace ?? '', name: service.metadata?.name ?? '' }),
      target: { kind: 'tcp', host, port: service.spec?.ports?.[0]?.port ?? 80 },
    })),
  );
  const outcomes = await cluster.probe(
    { host: 'admin' },
    published.map(({ target }) => target),
    signal,
  );
  return published.filter((_, index) => outcomes[index] !== undefined && reached(outcomes[index]));
}

/** The administrator's host forgets who has these addresses, so that it has to ask anew. */
export async function forget(
  { cluster, signal }: Pick<CheckContext, 'cluster' | 'signal'>,
  published: readonly Destination[],
): Promise<void> {
  const hosts = published.flatMap(({ target }) => ('host' in target ? [target.host] : []));
  await Promise.all(hosts.map(async (host) => cluster.runAt('admin', ['ip', 'neighbour', 'flush', 'to', host], signal)));
}

/** Who answers ARP for each assigned address, and for one that nobody was given. */
export async function onLan(
  cluster: Cluster,
  { assigned, nobodys, when }: { assigned: readonly ListedService[]; nobodys: string; when: string },
  signal: AbortSignal,
): Promise<{ answers: Measured[]; silence: Measured }> {
  const owners = await arpSweep(cluster, [nobodys, ...assigned.flatMap(({ addresses }) => addresses)], signal);
  const answers = assigned.flatMap(({ place, addresses }) =>
    addresses.map((address) => ({
      key: `ARP for the address of ${placeName(place)} ${when}`,
      subject: `ARP for ${address} of ${placeName(place)} ${when}`,
      vantage: lan.host,
      expected: 'one answer',
      saw: ownersText(owners.get(address)),
      held: owners.get(address)?.length === 1,
    })),
  );
  return {
    answers,
    silence: {
      key: `ARP for an address that nobody was given, ${when}`,
      subject: `ARP for ${nobodys}, which nobody was given, ${when}`,
      vantage: lan.host,
      expected: 'no answer',
      saw: ownersText(owners.get(nobodys)),
      held: owners.get(nobodys)?.length === 0,
    },
  };
}

/** Follows the step as the guide's reader does, while an address is sampled, and lets 30 s pass. */
export async function followedAgain(
  { cluster, show, signal }: Pick<CheckContext, 'cluster' | 'show' | 'signal'>,
  { forward, address }: { forward: readonly string[]; address: string },
): Promise<Measured> {
  const url = `http://${address}/hostname`;
  const sampling = await startSampling(
    cluster,
    [outsider, lan].map((from) => ({ name: `${address} from ${from.host}`, from, url, connection: 'new' as const })),
    { maxMs: mostSampledMs, everyMs: 250, signal },
  );
  sampling.mark('the step begins');
  const answer = await cluster.runAsReader(forward, signal);
  sampling.mark('the step has ended');
  await delay(promised.network.poolStepSettlesMs, undefined, { signal });
  show(await sampling.stop());
  return {
    subject: 'the step, followed once more',
    vantage: cluster.placeText({ host: 'admin' }),
    expected: 'accepted as a whole',
    saw: answer.code === 0 ? 'accepted as a whole' : answer.stderr.trim(),
    held: answer.code === 0,
  };
}
