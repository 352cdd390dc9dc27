import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Cluster, Place } from '../platform/cluster.ts';
import type { Kubernetes } from '../platform/kubernetes/kubernetes.ts';
import type { SampledSeries } from '../engine/run-record.ts';
import { until } from '../engine/waiting.ts';
import { attempt } from '../engine/attempt.ts';
import { targetText } from './claims.ts';
import {
  type Moment,
  type SampledAttempt,
  type VantageClock,
  curlAttempts,
  digAttempts,
  longestGapMs,
  samplesOf,
  timeOfDay,
  vantageClock,
} from './samples.ts';

/** What is asked again and again from a place. */
export type SampledRequest = SampledUrl | SampledName;

interface SampledUrl {
  readonly name: string;
  readonly from: Place;
  /** Its answer should be short: the answer's first line says who answered (agnhost's /hostname). */
  readonly url: string;
  /** `new`: a connection for each attempt. `kept-open`: one connection that every request goes over; see startSampling. */
  readonly connection: SampledSeries['connection'];
  /** Takes any certificate. */
  readonly insecure?: boolean;
}

interface SampledName {
  readonly name: string;
  readonly from: Place;
  readonly dns: { readonly server: string; readonly name: string; readonly over: 'udp' | 'tcp' };
}

export interface SamplingOptions {
  /** The places stop sampling by themselves after this time; at most 10 minutes. */
  readonly maxMs: number;
  /** A part of a second: 100 (the default), 125, 200, 250, 500 or 1000. Names are asked for every 250 ms at the most. */
  readonly everyMs?: number;
  readonly signal: AbortSignal;
}

/** What the sampler needs of a cluster: a way to run a command at a place. */
type SampledCluster = Pick<Cluster, 'runAt' | 'placeText'> & { readonly kubernetes: Pick<Kubernetes, 'run'> };

/** Sampling that has begun. */
export interface Sampling {
  /** Notes that something happens now, for example `power off w02`. */
  mark(text: string): void;
  /** Ends the sampling; the series are in the order of the requests. Throws when a place cannot be read any more. */
  stop(): Promise<SampledSeries[]>;
}

/** One attempt waits so long for its answer, just below the time after which the same curl makes its next one. */
const attemptSeconds = 0.95;
const mostMs = 600_000;
/** Reading the samples may meet an API that is failing over, which is what was sampled: longer than any promise about that. */
const collectWithinMs = 60_000;
const stopWithinMs = 10_000;

interface Numbered {
  readonly request: SampledRequest;
  readonly index: number;
}

/** Sampling at one place. */
interface SampledPlace {
  readonly place: Place;
  readonly requests: readonly Numbered[];
  /** At the place: what curl and dig print is kept there until it is read, so that it needs no connection meanwhile. */
  readonly folder: string;
  readonly frame: string;
  readonly clock: VantageClock;
}

/**
 * Begins to sample every request from its place, and returns when all places do. Each place needs curl 7.84 or later (--rate),
 * for names also dig. New connections: an attempt begins every step whatever became of those before it, and fails after 0.95 s.
 * Kept open: a request every step over one connection. One that is not answered within 0.95 s is a failure (and no other is
 * sent meanwhile), one that finds the connection closed or reset is a failure `connection lost`; both times the connection is
 * given up and another is opened, at the latest with the next step: `answered ... over a new connection` says that this worked,
 * and is not said as long as the first one lives. An aborted signal ends the sampling. Throws when a place cannot sample.
 */
export async function startSampling(
  cluster: SampledCluster,
  requests: readonly SampledRequest[],
  options: SamplingOptions,
): Promise<Sampling> {
  const everyMs = options.everyMs ?? 100;
  if (everyMs < 100 || 1000 % everyMs !== 0) throw new RangeError(`samples every ${everyMs} ms: not a part of a second of at least 100 ms`);
  if (options.maxMs > mostMs) throw new RangeError(`sampling for ${options.maxMs} ms: more than ${mostMs} ms`);
  const begun = await Promise.allSettled([...byPlace(requests).values()].map((group) => beginAt(cluster, group, { ...options, everyMs })));
  const places = begun.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = begun.find((each) => each.status === 'rejected');
  const end = async (): Promise<void> => void (await Promise.all(places.map((place) => endAt(cluster, place))));
  if (failed !== undefined) {
    await end();
    throw failed.reason;
  }
  const aborted = (): void => void end();
  options.signal.addEventListener('abort', aborted, { once: true });
  const marks: { at: number; text: string }[] = [];
  let stopped: Promise<SampledSeries[]> | undefined;
  return {
    mark: (text) => void marks.push({ at: Date.now(), text }),
    stop: () => {
      options.signal.removeEventListener('abort', aborted);
      return (stopped ??= endAll(cluster, places, { requests, marks, everyMs, signal: options.signal }));
    },
  };
}

function byPlace(requests: readonly SampledRequest[]): Map<string, { place: Place; requests: Numbered[] }> {
  const places = new Map<string, { place: Place; requests: Numbered[] }>();
  for (const [index, request] of requests.entries()) {
    const key = JSON.stringify(request.from);
    const group = places.get(key) ?? { place: request.from, requests: [] };
    group.requests.push({ request, index });
    places.set(key, group);
  }
  return places;
}

async function runThere(cluster: SampledCluster, place: Place, script: string, signal: AbortSignal): Promise<string> {
  return 'host' in place ? cluster.runAt(place.host, ['sh', '-c', script], signal) : cluster.kubernetes.run(place, script, signal);
}

async function beginAt(
  cluster: SampledCluster,
  { place, requests }: Pick<SampledPlace, 'place' | 'requests'>,
  { maxMs, everyMs, signal }: Required<SamplingOptions>,
): Promise<SampledPlace> {
  const frame = `@${randomBytes(8).toString('hex')}`;
  const before = moment();
  const output = await runThere(cluster, place, beginScript(requests, { frame, maxMs, everyMs }), signal);
  const after = moment();
  const told = (what: string): string | undefined =>
    output
      .split('\n')
      .find((line) => line.startsWith(`${frame} ${what} `))
      ?.slice(`${frame} ${what} `.length);
  const [earlier = '', later = '', ...clockLine] = (told('clock') ?? '').split(' ');
  const dayMs = timeOfDay(clockLine.join(' '));
  const folder = told('folder');
  if (folder === undefined || dayMs === undefined)
    throw new Error(`${cluster.placeText(place)} cannot sample (it needs curl 7.84 or later): ${output.slice(0, 300)}`);
  return { place, requests, folder, frame, clock: vantageClock({ dayMs, uptimes: [Number(earlier), Number(later)] }, [before, after]) };
}

function moment(): Moment {
  return { at: Date.now(), uptime: Math.round(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 100) };
}

/** What a place runs to begin with: it ends at once and leaves the samplers behind, each bounded by timeout(1). */
function beginScript(requests: readonly Numbered[], { frame, maxMs, everyMs }: { frame: string; maxMs: number; everyMs: number }): string {
  const seconds = Math.ceil(maxMs / 1000);
  return [
    // In memory where that can be: a pod may have no disk to write to.
    'd=$(mktemp -d /dev/shm/conform-sampling-XXXXXX 2>/dev/null || mktemp -d /tmp/conform-sampling-XXXXXX) || exit 1',
    // What a run that was killed left here.
    "find /dev/shm /tmp -maxdepth 1 -name 'conform-sampling-*' -mmin +30 -exec rm -rf {} + 2>/dev/null",
    'read_uptime() { read -r up _ </proc/uptime; now=${up%.*}${up#*.}; }',
    'export TZ=UTC0',
    `echo "${frame} folder $d"`,
    // curl's own clock, and whether it knows the options.
    "read_uptime; a=$now; c=$(curl -q -s -v --trace-time --rate 1/s --max-time 1 --noproxy '*' http://127.0.0.1:1/ 2>&1 | head -n 1); read_uptime",
    `echo "${frame} clock $a $now $c"`,
    ...requests.flatMap(({ request, index }) =>
      'url' in request ? urlScript(request, { index, frame, seconds, everyMs }) : nameScript(request, { index, frame, seconds, everyMs }),
    ),
    'true',
  ].join('\n');
}

interface Pace {
  readonly index: number;
  readonly frame: string;
  readonly seconds: number;
  readonly everyMs: number;
}

/**
 * For new connections so many curls as there are steps in a second, each makes one attempt a second and the next begins a
 * step later: a silent target holds up nobody, and no process has to be started for a sample. A connection that is kept open is one curl.
 */
function urlScript(request: SampledUrl, { index, frame, seconds, everyMs }: Pace): string[] {
  const perSecond = 1000 / everyMs;
  const [curls, rate] = request.connection === 'new' ? [perSecond, 1] : [1, perSecond];
  const written = String.raw`%{stdout}\n${frame} %{urlnum}\n%{stderr}\n${frame} %{urlnum} %{exitcode} %{http_code} %{num_connects} %{time_total} %{errormsg}\n`;
  const options = [
    '-q',
    '-g',
    '-s',
    '-N',
    '-v',
    '--trace-time',
    '--http1.1',
    '--noproxy',
    '*',
    '--max-time',
    String(attemptSeconds),
    '--rate',
    `${rate}/s`,
    '-w',
    written,
  ];
  const more = [...(request.insecure === true ? ['-k'] : []), ...(request.connection === 'new' ? ['-H', 'Connection: close'] : [])];
  return [
    `i=0; while [ $i -lt ${seconds * rate} ]; do printf '%s\\n' ${quote(`url = ${JSON.stringify(request.url)}`)}; i=$((i + 1)); done >$d/${index}.conf`,
    `{ i=0; while [ $i -lt ${curls} ]; do`,
    `read_uptime; echo "${frame} launched $now" >$d/${index}-$i.trace; timeout ${seconds + 2} curl ${[...options, ...more].map(quote).join(' ')} -K $d/${index}.conf >$d/${index}-$i.answers 2>>$d/${index}-$i.trace & echo $! >>$d/pids`,
    `i=$((i + 1)); sleep ${everyMs / 1000}; done; wait; } </dev/null >/dev/null 2>&1 &`,
  ];
}

/** A dig takes some 20 ms of a processor's time: ten a second would be all that a small pod may have. */
function nameEveryMs(everyMs: number): number {
  return Math.max(everyMs, 250);
}

/** dig asks once and ends, so each question is a process. */
function nameScript({ dns }: SampledName, { index, frame, seconds, ...pace }: Pace): string[] {
  const everyMs = nameEveryMs(pace.everyMs);
  const dig = [
    'dig',
    '-r',
    `@${dns.server}`,
    dns.name,
    'A',
    '+tries=1',
    '+time=1',
    '+noall',
    '+comments',
    '+answer',
    dns.over === 'tcp' ? '+tcp' : '+notcp',
  ];
  return [
    `{ read_uptime; t=$now; i=0; while [ $i -lt ${(seconds * 1000) / everyMs} ] && [ -d $d ] && [ ! -e $d/stop ]; do`,
    `{ read_uptime; echo "${frame} began $now"; ${dig.map(quote).join(' ')}; c=$?; read_uptime; echo "${frame} ended $now $c"; } >$d/${index}-$i.names 2>&1 &`,
    `i=$((i + 1)); read_uptime; w=$((t + i * ${everyMs / 10} - now))`,
    '[ $w -le 0 ] || sleep $((w / 100)).$((w / 10 % 10))$((w % 10)); done; wait; } </dev/null >/dev/null 2>&1 &',
  ];
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Only what this sampling started: a process that ended may have left its ID to another. */
function endScript(folder: string): string {
  return [
    `touch ${folder}/stop`,
    `for p in $(cat ${folder}/pids 2>/dev/null); do tr '\\0' ' ' </proc/$p/cmdline 2>/dev/null | grep -q ${folder} && kill $p; done`,
    'true',
  ].join('\n');
}

async function endAt(cluster: SampledCluster, { place, folder }: SampledPlace): Promise<void> {
  // It ends by itself after its time; what is left of it then is removed by the next sampling at the place.
  const signal = AbortSignal.timeout(stopWithinMs);
  await runThere(cluster, place, `${endScript(folder)}\nsleep 0.3\nrm -rf ${folder}`, signal).catch(() => undefined);
}

interface Ending {
  readonly requests: readonly SampledRequest[];
  readonly marks: readonly { at: number; text: string }[];
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

async function endAll(cluster: SampledCluster, places: readonly SampledPlace[], ending: Ending): Promise<SampledSeries[]> {
  const endedAt = Date.now();
  try {
    const read = await Promise.all(places.map((place) => collectAt(cluster, place, ending.signal)));
    return seriesOf(cluster, new Map(read.flat()), { ...ending, endedAt });
  } finally {
    await Promise.all(places.map((place) => endAt(cluster, place)));
  }
}

/** Ends the samplers of a place and reads what they printed: tried again until it could be read to its end. */
async function collectAt(cluster: SampledCluster, place: SampledPlace, signal: AbortSignal): Promise<[number, SampledAttempt[]][]> {
  const what = `the samples of ${cluster.placeText(place.place)}`;
  const output = await until(what, { timeoutMs: collectWithinMs, everyMs: 1000, signal }, async () => {
    const read = await attempt(signal, () => runThere(cluster, place.place, collectScript(place), signal));
    if (read.kind === 'failed') return { notYet: read.text };
    return read.value.includes(`${place.frame} all read`) ? { done: read.value } : { notYet: `cut off: ${read.value.slice(-200)}` };
  });
  const files = filesOf(output, place.frame);
  return place.requests.map(({ index }) => [index, attemptsOf(files, { index, place })]);
}

/** Of curl's trace only what tells when an attempt began and how it failed; of each answer the first line. */
function collectScript({ folder, frame, requests }: SampledPlace): string {
  const kept = String.raw`/^[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\.[0-9]+ \*/ && (f || /failed: |Immediate connect fail|seems to be dead|Connection died/)`;
  return [
    endScript(folder),
    'sleep 0.3',
    `cd ${folder} || exit 1`,
    `for f in *.trace; do echo "${frame} file $f"; awk -v n=${frame} 'BEGIN { f = 1 } index($0, n) == 1 { print; f = 1; next } ${kept} { print; f = 0 }' $f; done`,
    `for f in *.answers; do echo "${frame} file $f"; awk -v n=${frame} 'BEGIN { f = 1 } index($0, n) == 1 { print; f = 1; next } f && length($0) > 0 { print "=" substr($0, 1, 120); f = 0 }' $f; done`,
    ...requests.map(({ index }) => `echo "${frame} file ${index}.names"; cat ${index}-*.names 2>/dev/null`),
    `echo "${frame} all read"`,
  ].join('\n');
}

function filesOf(output: string, frame: string): Map<string, string[]> {
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

function attemptsOf(
  files: ReadonlyMap<string, readonly string[]>,
  { index, place: { frame, clock } }: { index: number; place: SampledPlace },
): SampledAttempt[] {
  return [...files].flatMap(([file, lines]) => {
    if (file === `${index}.names`) return digAttempts(lines, { frame, clock });
    return file.startsWith(`${index}-`) && file.endsWith('.trace')
      ? curlAttempts({ trace: lines, answers: files.get(file.replace(/trace$/, 'answers')) ?? [] }, { frame, clock })
      : [];
  });
}

/** All series have the time of the first attempt of any as their beginning. */
function seriesOf(
  cluster: SampledCluster,
  attempts: ReadonlyMap<number, readonly SampledAttempt[]>,
  { requests, marks, everyMs, endedAt }: Ending & { endedAt: number },
): SampledSeries[] {
  const all = [...attempts.values()].flat();
  const zero = Math.min(...all.map(({ beganAt }) => beganAt));
  return requests.map((request, index) => {
    const connection = 'url' in request ? request.connection : 'new';
    const samples = samplesOf(attempts.get(index) ?? [], { connection, zero });
    if (samples.length === 0) throw new Error(`${request.name}: no sample from ${cluster.placeText(request.from)}`);
    return {
      name: request.name,
      vantage: cluster.placeText(request.from),
      target: 'url' in request ? request.url : targetText({ kind: 'dns', ...request.dns }),
      connection,
      startedAt: new Date(zero).toISOString(),
      everyMs: 'url' in request ? everyMs : nameEveryMs(everyMs),
      samples,
      events: marks.map(({ at, text }) => ({ atMs: Math.max(0, Math.round(at - zero)), text })),
      longestGapMs: longestGapMs(samples, Math.round(endedAt - zero)),
      failures: samples.filter(({ ok }) => !ok).length,
    };
  });
}
