import { setTimeout as delay } from 'node:timers/promises';
import { promised } from '../../guide/limits.ts';
import { patience } from '../../harness/engine/patience.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import type { Measured } from '../../harness/engine/evidence.ts';
import type { Cluster } from '../../harness/platform/cluster.ts';
import type { EchoPod } from '../fixtures/echo-group.ts';
import { equal } from '../../harness/engine/measured.ts';
import type { SampledSeries } from '../../harness/engine/run-record.ts';
import { arpOwners } from '../../harness/probe/arp.ts';
import { firstAnswer } from '../../harness/probe/first-answer.ts';
import { type SampledRequest, startSampling } from '../../harness/probe/sampler.ts';
import { WaitTimeout, until } from '../../harness/engine/waiting.ts';
import { sceneOf, volumesByNode, withoutEndpointOn } from './failover-scene.ts';
import { type AnnouncedService, announcedServices } from './metallb/announced-services.ts';

/** How the node that announces an address is lost. */
export interface Loss {
  /** For example `w02 loses its power`. */
  text(node: string): string;
  lose(node: string): Promise<void>;
}

/** MetalLB spreads addresses over all nodes: of so many a worker announces one, but for a chance of 1 in 4096 where half of the nodes are workers. */
const servicesToChooseFrom = 12;
const { failoverGapMs: longestGapMs } = promised.network;
/** Whoever is not concerned may hold up a sample, for the machines are busy, but not a failure's time. */
const undisturbedMs = 2_000;
/** A series shows what was before and after. */
const samplesBeforeMs = 2_000;
const samplesAfterMs = 2_000;
/** Much more than all of it takes: what ends by itself looks like an outage. */
const mostSampledMs = 240_000;

/**
 * Loses the worker that announces an address, with its endpoints on the two other workers, and measures what clients outside
 * meet: new connections from beyond the gateway and from the LAN decide. Connections that are kept open are shown beside
 * them: the node that takes over does not know them, so that they may break is no breach of the promise.
 */
export async function measureFailover(context: CheckContext, loss: Loss): Promise<void> {
  const { cluster, observe, control, show, involved, signal } = context;
  const [announced, macs, carried] = await Promise.all([
    announcedServices(context, servicesToChooseFrom),
    nodeMacs(cluster, signal),
    volumesByNode(cluster),
  ]);
  for (const { name, mac } of macs)
    control(
      equal(`ARP for ${name}`, {
        expected: 'one answer',
        saw: mac.length === 1 ? 'one answer' : mac.join(', ') || 'no answer',
        vantage: 'lan',
      }),
    );
  const scene = sceneOf(cluster, announced, carried);
  const announcers = announced.services.map(({ address, nodes }) => `${address}: ${nodes.join(', ') || 'nobody'}`).join('; ');
  const isAnnounced = announced.services.some(({ nodes }) => nodes.length > 0);
  observe({
    subject: `new addresses, of ${servicesToChooseFrom}, that somebody announces`,
    vantage: 'ServiceL2Status of MetalLB',
    expected: 'some',
    saw: announcers,
    held: isAnnounced,
  });
  if (!isAnnounced) return;
  if (scene === undefined)
    throw new Error(`no worker announces one of ${servicesToChooseFrom} new addresses, so none can be lost: ${announcers}`);

  const {
    victim,
    service,
    bystander,
    survivors: [source, target],
  } = scene;
  involved.node(victim);
  involved.address(service.address);
  await withoutEndpointOn(context, announced, victim);
  const sampling = await startSampling(cluster, requestsOf({ service, bystander, source, target }), { maxMs: mostSampledMs, signal });
  await delay(samplesBeforeMs, undefined, { signal });
  sampling.mark(loss.text(victim));
  await loss.lose(victim);
  sampling.mark('it is done');
  const answering = await takenOver(cluster, { service, macs, victim }, signal);
  sampling.mark(`ARP is answered by ${answering.text}`);
  await Promise.all(
    ['outsider', 'lan'].map((host) =>
      firstAnswer(cluster, { from: { host }, to: { kind: 'http', url: service.url } }, { timeoutMs: longestGapMs, signal }),
    ),
  );
  await delay(samplesAfterMs, undefined, { signal });
  const series = await sampling.stop();
  show(series);

  observe({
    key: 'who answers ARP afterwards',
    subject: `who answers ARP for ${service.address} after ${loss.text(victim)}`,
    vantage: 'lan',
    expected: `one node, not ${victim}`,
    saw: answering.text,
    held: answering.isOther,
  });
  const [outside, lan, , unconcerned, direct] = series;
  const lost = loss.text(victim);
  observe({ ...outage(outside, { expected: longestGapMs, loss: lost }), key: 'longest gap from beyond the gateway' });
  observe({ ...outage(lan, { expected: longestGapMs, loss: lost }), key: 'longest gap from the LAN' });
  control({
    ...outage(unconcerned, { expected: undisturbedMs, loss: lost }),
    key: 'longest gap of an address that another node announces',
  });
  control({ ...outage(direct, { expected: undisturbedMs, loss: lost }), key: 'longest gap of an endpoint itself' });
}

/** The first two decide, the third is shown, the last two are controls. */
function requestsOf({
  service,
  bystander,
  source,
  target,
}: {
  service: AnnouncedService;
  bystander: AnnouncedService;
  source: EchoPod;
  target: EchoPod;
}): SampledRequest[] {
  return [
    {
      name: `${service.address}, new connections from beyond the gateway`,
      from: { host: 'outsider' },
      url: service.url,
      connection: 'new',
    },
    { name: `${service.address}, new connections from the LAN`, from: { host: 'lan' }, url: service.url, connection: 'new' },
    {
      name: `${service.address}, one connection from beyond the gateway`,
      from: { host: 'outsider' },
      url: service.url,
      connection: 'kept-open',
    },
    {
      name: `${bystander.address}, which ${bystander.nodes.join()} announces, new connections`,
      from: { host: 'outsider' },
      url: bystander.url,
      connection: 'new',
    },
    {
      name: `the endpoint on ${target.node} itself, from the pod on ${source.node}`,
      from: source.place,
      url: `${target.url}/hostname`,
      connection: 'new',
    },
  ];
}

interface NodeMac {
  readonly name: string;
  readonly mac: readonly string[];
}

async function nodeMacs(cluster: Cluster, signal: AbortSignal): Promise<NodeMac[]> {
  return Promise.all(cluster.documented.nodes.map(async ({ name, address }) => ({ name, mac: await arpOwners(cluster, address, signal) })));
}

interface TakenOver {
  readonly isOther: boolean;
  readonly text: string;
}

/** Asks by ARP until one other node answers alone, for longer than the promise, for the samples judge the time; what was answered last, when that does not come to be. */
async function takenOver(
  cluster: Cluster,
  { service, macs, victim }: { service: AnnouncedService; macs: readonly NodeMac[]; victim: string },
  signal: AbortSignal,
): Promise<TakenOver> {
  const nameOf = (owner: string): string => macs.find(({ mac }) => mac.includes(owner))?.name ?? owner;
  let last: TakenOver = { isOther: false, text: 'nobody' };
  try {
    return await until(`another node to announce ${service.address}`, { timeoutMs: patience('effect'), everyMs: 100, signal }, async () => {
      const names = (await arpOwners(cluster, service.address, signal)).map(nameOf);
      last = {
        isOther: names.length === 1 && names[0] !== victim && macs.some(({ name }) => name === names[0]),
        text: names.join(', ') || 'nobody',
      };
      return last.isOther ? { done: last } : { notYet: last.text };
    });
  } catch (error) {
    if (error instanceof WaitTimeout) return last;
    throw error;
  }
}

/** The last samples of a series, one of which must have been answered: what never answered again has no gap that ended. */
const lastSamples = 10;

function outage(series: SampledSeries | undefined, { expected, loss }: { expected: number; loss: string }): Measured {
  if (series === undefined) throw new Error('a request was not sampled');
  const {
    name,
    vantage,
    samples,
    failures,
    longestGapMs: gap,
    events: [event],
  } = series;
  const answers = (from: number, to: number): string =>
    [...new Set(samples.flatMap(({ atMs, ok, answeredBy }) => (ok && atMs >= from && atMs < to ? [answeredBy ?? 'somebody'] : [])))]
      .toSorted()
      .join(', ') || 'nobody';
  const at = event?.atMs ?? 0;
  const isBack = samples.slice(-lastSamples).some(({ ok }) => ok);
  return {
    subject: `longest time without an answer, ${loss}: ${name}`,
    vantage,
    expected: `at most ${expected / 1000} s, and answers again`,
    saw: `${(gap / 1000).toFixed(1)} s, ${failures} of ${samples.length} samples failed; before: ${answers(0, at)}; after: ${answers(at, Number.POSITIVE_INFINITY)}${isBack ? '' : '; no answer at the end'}`,
    held: gap <= expected && isBack && answers(0, at) !== 'nobody',
  };
}
