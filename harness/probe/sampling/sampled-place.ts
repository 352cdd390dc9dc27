import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attempt } from '../../engine/attempt.ts';
import { until } from '../../engine/waiting.ts';
import { curlConfigValue } from '../curl-config.ts';
import type { AtPlace } from '../places.ts';
import { shellCommand, withArguments } from '../shell-words.ts';
import type { Place, PodPlace, Vantages } from '../vantages.ts';
import { curlAttempts } from './curl-trace.ts';
import { digAttempts } from './dig-log.ts';
import type { SampledAttempt } from './sampled-attempt.ts';
import type { SampledRequest } from './sampled-request.ts';
import { type Moment, type VantageClock, timeOfDay, vantageClock } from './vantage-clock.ts';

const program = readFileSync(join(import.meta.dirname, 'sample.sh'), 'utf8');

/** Reading the samples may meet an API that is failing over, which is what was sampled: longer than any promise about that. */
const collectWithinMs = 60_000;
const endWithinMs = 10_000;

/** Ways to run a command at a place. */
export type SampledVantages = Pick<Vantages, 'runAt' | 'placeText'> & {
  readonly kubernetes: { run(place: PodPlace, script: string, signal: AbortSignal): Promise<string> };
};

/** A request, and its place among all requests of a sampling. */
export interface NumberedRequest {
  readonly request: SampledRequest;
  readonly index: number;
}

/** Sampling at one place. */
export interface SampledPlace extends AtPlace<NumberedRequest> {
  /** At the place: what curl and dig print is kept there until it is read, so that it needs no connection meanwhile. */
  readonly folder: string;
  readonly frame: string;
  readonly clock: VantageClock;
}

/** Begins to sample at a place; throws when it cannot. */
export async function beginAt(
  vantages: SampledVantages,
  { place, items }: AtPlace<NumberedRequest>,
  { maxMs, everyMs, signal }: { readonly maxMs: number; readonly everyMs: number; readonly signal: AbortSignal },
): Promise<SampledPlace> {
  const frame = `@${randomBytes(8).toString('hex')}`;
  const words = ['begin', frame, String(Math.ceil(maxMs / 1000)), String(everyMs), ...items.flatMap(requestWords)];
  const before = moment();
  const output = await runThere(vantages, place, words, signal);
  const after = moment();
  const folder = toldOf(output, `${frame} folder `);
  const [earlier = '', later = '', ...clockLine] = (toldOf(output, `${frame} clock `) ?? '').split(' ');
  const dayMs = timeOfDay(clockLine.join(' '));
  if (folder === undefined || dayMs === undefined)
    throw new Error(`${vantages.placeText(place)} cannot sample (it needs curl 7.84 or later): ${output.slice(0, 300)}`);
  return { place, items, folder, frame, clock: vantageClock({ dayMs, uptimes: [Number(earlier), Number(later)] }, [before, after]) };
}

/** A request as sample.sh takes it. */
function requestWords({ request, index }: NumberedRequest): string[] {
  if ('url' in request)
    return ['url', String(index), request.connection, request.insecure === true ? 'any' : 'authority', curlConfigValue(request.url)];
  const { server, name, over } = request.dns;
  return ['name', String(index), server, name, over === 'tcp' ? '+tcp' : '+notcp'];
}

function toldOf(output: string, prefix: string): string | undefined {
  return output
    .split('\n')
    .find((line) => line.startsWith(prefix))
    ?.slice(prefix.length);
}

function moment(): Moment {
  return { at: Date.now(), uptime: Math.round(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 100) };
}

async function runThere(vantages: SampledVantages, place: Place, words: readonly string[], signal: AbortSignal): Promise<string> {
  return 'host' in place
    ? vantages.runAt(place.host, shellCommand(program, words), signal)
    : vantages.kubernetes.run(place, withArguments(program, words), signal);
}

/** Ends the samplers of a place and removes their folder. They end by themselves after their time; the next sampling there removes what is left. */
export async function endAt(vantages: SampledVantages, { place, folder }: SampledPlace): Promise<void> {
  await runThere(vantages, place, ['end', folder], AbortSignal.timeout(endWithinMs)).catch(() => undefined);
}

/** Ends the samplers of a place and reads their attempts, by the index of the request: tried again until they could be read to their end. Throws a WaitTimeout. */
export async function collectAt(
  vantages: SampledVantages,
  { place, items, folder, frame, clock }: SampledPlace,
  signal: AbortSignal,
): Promise<[number, SampledAttempt[]][]> {
  const words = ['read', frame, folder, ...items.map(({ index }) => String(index))];
  const options = { timeoutMs: collectWithinMs, everyMs: 1000, signal };
  const output = await until(`the samples of ${vantages.placeText(place)}`, options, async () => {
    const read = await attempt(signal, () => runThere(vantages, place, words, signal));
    if (read.kind === 'failed') return { notYet: read.text };
    return read.value.includes(`${frame} all read`) ? { done: read.value } : { notYet: `cut off: ${read.value.slice(-200)}` };
  });
  const files = filesIn(output, frame);
  return items.map((item) => [item.index, attemptsIn(files, item, { frame, clock })]);
}

/** The files that sample.sh printed, each a list of lines. */
function filesIn(output: string, frame: string): Map<string, string[]> {
  const files = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of output.split('\n')) {
    if (line.startsWith(`${frame} all read`)) break;
    if (line.startsWith(`${frame} file `)) {
      lines = [];
      files.set(line.slice(`${frame} file `.length).trim(), lines);
      continue;
    }
    if (line !== '') lines.push(line);
  }
  return files;
}

function attemptsIn(
  files: ReadonlyMap<string, readonly string[]>,
  { request, index }: NumberedRequest,
  reading: { readonly frame: string; readonly clock: VantageClock },
): SampledAttempt[] {
  if ('dns' in request) return digAttempts(files.get(`${index}.names`) ?? [], { ...reading, over: request.dns.over });
  const traces = [...files].filter(([file]) => file.startsWith(`${index}-`) && file.endsWith('.trace'));
  return traces.flatMap(([file, trace]) => curlAttempts({ trace, answers: files.get(file.replace(/trace$/, 'answers')) ?? [] }, reading));
}
