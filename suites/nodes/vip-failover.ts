import { setTimeout as delay } from 'node:timers/promises';
import { lateIf, noneOf } from '../../harness/engine/measured.ts';
import type { Measured } from '../../harness/engine/evidence.ts';
import { patience } from '../../harness/engine/patience.ts';
import type { SampledSeries } from '../../harness/engine/run-record.ts';
import { until } from '../../harness/engine/waiting.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { firstAnswer } from '../../harness/probe/first-answer.ts';
import { type SampledRequest, startSampling } from '../../harness/probe/sampler.ts';
import { controlPlanes } from '../admin-access/documented-nodes.ts';
import { vipHolder } from '../admin-access/kube-api/vip-holder.ts';
import { inTime } from '../fixtures/in-time.ts';
import { backAt, goesOnForMs, longestGapFrom } from './write-series.ts';
import { type Writing, lostWrites, startWriting, writtenObject } from './writes.ts';

const apiPort = 6443;
/** A series shows what was before. */
const beforeMs = 5_000;
/** The places stop by themselves after this time: much more than all of it takes. */
const mostMs = 590_000;
/** What has come back stays: no longer pause than a busy machine makes. */
const pauseMs = 5_000;

/** The holder of the virtual IP, as it is about to be lost. */
export interface Holder {
  readonly name: string;
  readonly address: string;
}

/** How the holder, or its API server, is lost, and the promise about it. */
export interface Loss {
  /** For example `the holder, which leads etcd, loses its power`; names no node, so that it is the same in every run. */
  readonly text: string;
  /** Whether another control plane must have the address afterwards. */
  readonly moves: boolean;
  /** The longest time without a write. */
  readonly limitMs: number;
  /** So long writes go on once they are back. */
  readonly steadyMs: number;
  lose(holder: Holder): Promise<void>;
}

/**
 * Loses the holder of the virtual IP and measures what a client of that address meets: writes decide, for an API server without
 * etcd still answers. Beside them new connections every 100 ms, one connection that is kept open, and another control plane's own
 * address, which shows etcd's own gap. Says whether writes came back in time.
 */
export async function measureVipFailover(context: CheckContext, holder: Holder, loss: Loss): Promise<boolean> {
  const { cluster, observe, control, show, involved, signal } = context;
  const { vip } = cluster.documented;
  const other = controlPlanes(cluster).find(({ name }) => name !== holder.name);
  if (other === undefined) throw new Error('the documented cluster has one control plane');
  involved.node(holder.name);
  involved.address(vip.address);
  const [atVip, atOther] = await Promise.all([writtenObject(context), writtenObject(context)]);
  const sampling = await startSampling(cluster, requestsOf({ vip: vip.address, other: other.address }), { maxMs: mostMs, signal });
  const writings = [
    startWriting(context, { host: vip.address, name: `writes at the virtual IP, ${loss.text}`, object: atVip }),
    startWriting(context, { host: other.address, name: `writes at another control plane, ${loss.text}`, object: atOther }),
  ] as const;
  const mark = (text: string): void => {
    sampling.mark(text);
    for (const writing of writings) writing.mark(text);
  };
  await delay(beforeMs, undefined, { signal });
  mark(`${holder.name}: ${loss.text}`);
  await loss.lose(holder);
  mark('it is done');
  const after = await holderAfter(context, holder, loss);
  mark(`the address is on ${after}`);
  if (after !== nobody && (await answersAgain(context, loss))) await goOn(context, writings[0], loss);
  const [series, written, beside] = [await sampling.stop(), await writings[0].stop(), await writings[1].stop()];
  show([written.series, ...series, beside.series]);
  const isBack = judged(context, { loss, written: written.series, connections: series[0] });
  if (loss.moves)
    observe({
      key: `who holds the address afterwards, ${loss.text}`,
      subject: `who holds ${vip.address} afterwards, ${loss.text}`,
      vantage: 'Talos API of every control plane',
      expected: 'another control plane',
      saw: after,
      held: after !== holder.name && controlPlanes(cluster).some(({ name }) => name === after),
    });
  const before = writesBefore(written.series);
  control({
    key: `writes before, ${loss.text}`,
    subject: `writes at ${vip.address} in the ${beforeMs / 1000} s before, ${loss.text}`,
    vantage: written.series.vantage,
    expected: 'some, and none that failed',
    saw: `${before.written} written, ${before.failed} failed`,
    held: before.written > 0 && before.failed === 0,
  });
  control(lossWasSeen(series[0], series[1], loss));
  if (isBack)
    observe({
      ...noneOf(`acknowledged writes that are not there afterwards, ${loss.text}`, {
        saw: await lostWrites(context, atVip, written.acknowledged),
        expected: `none of ${written.acknowledged.length}`,
      }),
      key: `acknowledged writes that are lost, ${loss.text}`,
    });
  return isBack;
}

/** The first decides with the writes, the second shows what a client with an open connection meets, the third is another control plane. */
function requestsOf({ vip, other }: { vip: string; other: string }): SampledRequest[] {
  const at = (host: string): string => `https://${host}:${apiPort}/readyz`;
  const from = { host: 'admin' };
  return [
    { name: `${vip}, new connections`, from, url: at(vip), connection: 'new', insecure: true },
    { name: `${vip}, one connection`, from, url: at(vip), connection: 'kept-open', insecure: true },
    { name: `${other}, another control plane, new connections`, from, url: at(other), connection: 'new', insecure: true },
  ];
}

const nobody = 'nobody';

async function answersAgain({ cluster, signal }: CheckContext, { limitMs }: Loss): Promise<boolean> {
  const to = { kind: 'tcp' as const, host: cluster.documented.vip.address, port: apiPort };
  return (await firstAnswer(cluster, { from: { host: 'admin' }, to }, { timeoutMs: limitMs, signal })).answered;
}

/** Who has the address when it has settled, for longer than the promise allows; `nobody` where that does not come to be. */
async function holderAfter(context: CheckContext, { name }: Holder, { moves, limitMs }: Loss): Promise<string> {
  const wanted = moves ? { not: name } : {};
  const came = await inTime(async () => vipHolder(context, { ...wanted, timeoutMs: limitMs + patience('answer') }));
  return came.kind === 'done' ? came.value.name : nobody;
}

/**
 * Waits until writes have gone on for the whole time of the promise. They may be back later than the address answers, by no more
 * than the outage may last: where they need longer, or are not back by then, the series says so.
 */
async function goOn({ signal }: CheckContext, writing: Writing, { steadyMs, limitMs }: Loss): Promise<void> {
  await delay(steadyMs, undefined, { signal });
  await inTime(async () =>
    until('writes to have gone on', { timeoutMs: limitMs, everyMs: 500, signal }, async () => {
      const series = writing.soFar();
      const isBack = backAt(series, lostAtMs(series)) !== undefined;
      const forMs = goesOnForMs(series, lostAtMs(series));
      return !isBack || forMs >= steadyMs ? { done: undefined } : { notYet: `for ${(forMs / 1000).toFixed(1)} s` };
    }),
  );
}

/** The first mark of a series, in milliseconds from its beginning: the loss. */
function lostAtMs({ events }: Pick<SampledSeries, 'events'>): number {
  return events[0]?.atMs ?? 0;
}

interface Judged {
  readonly loss: Loss;
  readonly written: SampledSeries;
  readonly connections: SampledSeries | undefined;
}

/** Whether writes came back in time, and stayed. */
function judged({ observe }: CheckContext, { loss, written, connections }: Judged): boolean {
  if (connections === undefined) throw new Error('the virtual IP was not sampled');
  const gap = outage(written, loss);
  observe({ ...gap, key: `longest time without a write, ${loss.text}` });
  observe({ ...outage(connections, loss), key: `longest time without an answer, ${loss.text}` });
  if (!gap.held) return false;
  const back = backAt(written, lostAtMs(written)) ?? 0;
  const forMs = goesOnForMs(written, lostAtMs(written));
  const pause = longestGapFrom(written, back, back + forMs);
  observe({
    key: `longest pause of writes once they are back, ${loss.text}`,
    subject: `longest pause of writes within ${loss.steadyMs / 1000} s once they are back, ${loss.text}`,
    vantage: written.vantage,
    expected: `at most ${pauseMs / 1000} s`,
    saw: `${(pause / 1000).toFixed(1)} s in ${(forMs / 1000).toFixed(0)} s`,
    held: pause <= pauseMs && forMs >= loss.steadyMs,
  });
  return true;
}

/** The last samples, one of which must be good: what never answered again has no gap that ended. */
const lastSamples = 6;

function outage({ name, vantage, samples, failures, longestGapMs: gap }: SampledSeries, { limitMs }: Loss): Measured {
  const isBack = samples.slice(-lastSamples).some(({ ok }) => ok);
  return {
    subject: `longest time without: ${name}`,
    vantage,
    expected: `at most ${limitMs / 1000} s, and then again`,
    saw: `${(gap / 1000).toFixed(1)} s, ${failures} of ${samples.length} failed${isBack ? '' : ', none at the end'}`,
    held: gap <= limitMs && isBack,
    ...lateIf(!isBack),
  };
}

function writesBefore({ samples, events }: SampledSeries): { written: number; failed: number } {
  const before = samples.filter(({ atMs }) => atMs < lostAtMs({ events }) - 1_000);
  const written = before.filter(({ ok }) => ok).length;
  return { written, failed: before.length - written };
}

/** The sampler must have met the loss: either a sample failed, or the connection that was kept open broke. */
function lossWasSeen(connections: SampledSeries | undefined, kept: SampledSeries | undefined, { text }: Loss): Measured {
  const failures = (connections?.failures ?? 0) + (kept?.failures ?? 0);
  return {
    key: `the loss as clients met it, ${text}`,
    subject: `samples that failed or lost their connection, ${text}`,
    vantage: connections?.vantage ?? 'admin',
    expected: 'some',
    saw: String(failures),
    held: failures > 0,
  };
}
