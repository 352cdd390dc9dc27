import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';

/** What to try from a place; several are tried at the same time. */
export type Target =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** One datagram, `hostname` unless given, that agnhost netexec answers; any datagram that comes back counts. */
  | { readonly kind: 'udp'; readonly host: string; readonly port: number; readonly data?: string }
  | { readonly kind: 'sctp'; readonly host: string; readonly port: number }
  /** Three echo requests; one answer is enough. */
  | { readonly kind: 'icmp'; readonly host: string }
  /** A question for the IPv4 addresses of a name, to this server and no other; given up after the probe's time-out, unless the promise has another. */
  | { readonly kind: 'dns'; readonly server: string; readonly name: string; readonly over: 'udp' | 'tcp'; readonly withinSeconds?: number }
  | HttpTarget;

/** A GET, redirects followed; the last answer's status and body are the outcome. */
export interface HttpTarget {
  readonly kind: 'http';
  readonly url: string;
  /** Header lines, for example `Host: canine.29.talos.vaheed.net`. */
  readonly headers?: readonly string[];
  /** Takes any certificate: for promises about who answers, not about who signed. */
  readonly insecure?: true;
  /** Given up after the probe's time-out, unless the promise has another. */
  readonly withinSeconds?: number;
  /** PEM of the only authority whose certificates are taken, in place of those that the vantage trusts. */
  readonly authority?: string;
}

/** How one attempt ended. Times are milliseconds since the attempt began, to 10 ms. */
export type Outcome =
  | { readonly kind: 'connected'; readonly afterMs: number }
  | { readonly kind: 'answered'; readonly status: number; readonly body: string; readonly afterMs: number }
  /** A names server answered: its code (RFC 1035: NOERROR, NXDOMAIN...) and the addresses that it gave. */
  | { readonly kind: 'resolved'; readonly code: string; readonly addresses: readonly string[]; readonly afterMs: number }
  | { readonly kind: 'timeout'; readonly afterMs: number }
  | { readonly kind: 'refused'; readonly afterMs: number }
  | { readonly kind: 'reset'; readonly afterMs: number }
  /** No route, or nobody on the target's network has the address. */
  | { readonly kind: 'unreachable'; readonly afterMs: number }
  | { readonly kind: 'name-error'; readonly text: string; readonly afterMs: number }
  /** The server's certificate is of no trusted authority, or not for the name that was asked. */
  | { readonly kind: 'untrusted'; readonly text: string; readonly afterMs: number }
  /** The probe itself did not work: this says nothing about the target. */
  | { readonly kind: 'failed'; readonly text: string; readonly afterMs: number };

/** Runs a shell script at a place and returns what it printed; throws when it could not be run there. */
export type RunScript = (script: string, signal: AbortSignal) => Promise<string>;

/** Probe time-out of the register: isolation.md and admin-access.md. */
export const probeTimeoutSeconds = 3;

/**
 * Tries all targets from one place at the same time, in one command: a batch of denials costs one time-out.
 * What comes back is framed by a nonce, so that nothing else that a shell prints is taken for an outcome.
 */
export async function probeAll(
  targets: readonly Target[],
  options: { run: RunScript; probe: string; signal: AbortSignal },
): Promise<Outcome[]> {
  const nonce = randomBytes(8).toString('hex');
  const output = await options.run(batchScript(targets, { nonce, probe: options.probe }), options.signal);
  const reasons = refusalsByAddress(output, `${nonce} ! `);
  return targets.map((target, index) => {
    const outcome = parseOutcome(output, `${nonce} ${index} `);
    const reason = target.kind === 'tcp' && outcome.kind === 'refused' ? reasons.get(`${target.host}:${target.port}`) : undefined;
    return reason !== undefined && withoutRoute.test(reason) ? { kind: 'unreachable', afterMs: outcome.afterMs } : outcome;
  });
}

function batchScript(targets: readonly Target[], { nonce, probe }: { nonce: string; probe: string }): string {
  const single = [...targets.entries()].flatMap(([index, target]) => (target.kind === 'tcp' ? [] : [{ index, target }]));
  const attempts = single.map(({ index, target }) => `try ${index} ${commandOf(target, probe).map(quote).join(' ')} &`);
  return [
    // Centiseconds since boot: the official image's shell has no finer clock.
    'now() { read -r up _ </proc/uptime; echo "${up%.*}${up#*.}"; }',
    `try() { n=$1; shift; a=$(now); out=$("$@" 2>&1); code=$?; b=$(now)`,
    // Short lines, for a pipe keeps only writes of up to 4096 bytes apart (pipe(7), PIPE_BUF).
    `printf %s "$out" | base64 | while read -r part; do echo "${nonce} $n + $part"; done`,
    `echo "${nonce} $n $code $(( (b - a) * 10 ))"; }`,
    ...attempts,
    ...connectAll(targets, { nonce, probe }),
    'wait',
  ].join('\n');
}

/** What curl holds open at the same time, its own limit (curl(1), --parallel-max). */
const mostAtOnce = 300;

/**
 * All TCP targets in one curl, for a process each costs more than the connections: whether it connected is what counts, not
 * what a server says to a request for a web page. curl has one exit code for a closed port and for no route; what it tells of
 * itself (--verbose) holds the reason, by address. Each line goes out by itself, so that none meets another in its middle.
 */
function connectAll(targets: readonly Target[], { nonce, probe }: { nonce: string; probe: string }): string[] {
  const all = [...targets.entries()].flatMap(([index, target]) => (target.kind === 'tcp' ? [{ index, ...target }] : []));
  if (all.length === 0) return [];
  const transfers = all.map(({ index, host, port }) =>
    [
      `url = ${configured(`http://${host}:${port}/`)}`,
      'output = "/dev/null"',
      'verbose',
      `max-time = ${probeTimeoutSeconds}`,
      `write-out = "${index} %{exitcode} %{time_connect} %{time_total}\\n"`,
    ].join('\n'),
  );
  // Where it was a name, curl's reason names an address that is not to be found by it.
  const named = all
    .filter(({ host }) => !isIP(host))
    .map(({ index, host, port }) => `${index}) try ${index} ${connectCommand(probe, host, port).map(quote).join(' ')} </dev/null & ;;`);
  return [
    `tell() { case $1 in\n${named.join('\n')}\n*) echo "${nonce} $1 7 $2s" ;;\nesac; }`,
    'exec 3>&1',
    `{ curl -q -g -s -Z --parallel-immediate --parallel-max ${mostAtOnce} --noproxy '*' -K - <<'${nonce}' 2>&1 >&4 4>&- | grep 'connect to .* failed: ' | while read -r line; do echo "${nonce} ! $line" >&3; done`,
    transfers.join('\nnext\n'),
    nonce,
    '} 4>&1 | {',
    'while read -r n code connected total; do case $code:$connected in',
    '7:0.000000) tell "$n" "$total" ;;',
    `*:0.000000) echo "${nonce} $n $code \${total}s" ;;`,
    `*) echo "${nonce} $n 0 \${connected}s" ;;`,
    'esac; done',
    'wait; } &',
  ];
}

/** A value in a curl configuration file (curl(1), --config). */
function configured(value: string): string {
  return `"${value.replaceAll('\\', String.raw`\\`).replaceAll('"', String.raw`\"`)}"`;
}

function commandOf(target: Exclude<Target, { kind: 'tcp' }>, probe: string): string[] {
  switch (target.kind) {
    case 'udp':
      return [...connectCommand(probe, target.host, target.port), '--protocol=udp', `--udp-data=${target.data ?? 'hostname'}`];
    case 'sctp':
      return [...connectCommand(probe, target.host, target.port), '--protocol=sctp'];
    case 'icmp':
      return ['sh', '-c', `ping -n -c 3 -i 0.3 -W ${probeTimeoutSeconds} ${quote(target.host)} && exit 0; code=$?; echo ICMP; exit $code`];
    case 'dns':
      return digCommand(target);
    case 'http':
      return getCommand(target, probe);
  }
}

function digCommand({ server, name, over, withinSeconds = probeTimeoutSeconds }: Extract<Target, { kind: 'dns' }>): string[] {
  return [
    'dig',
    '-r',
    `@${server}`,
    name,
    'A',
    '+tries=1',
    `+time=${withinSeconds}`,
    '+noall',
    '+comments',
    '+answer',
    over === 'tcp' ? '+tcp' : '+notcp',
  ];
}

function getCommand({ url, headers, insecure, authority, withinSeconds = probeTimeoutSeconds }: HttpTarget, probe: string): string[] {
  // The URL as it is, to the target itself: no configuration file, no globs, no proxy of the place.
  const get = [
    'curl',
    '-q',
    '-g',
    '--noproxy',
    '*',
    '-s',
    '-S',
    '--location',
    '--max-redirs',
    '3',
    '--max-time',
    String(withinSeconds),
    '-w',
    '\n%{http_code}',
  ];
  const options = [
    ...(headers ?? []).flatMap((header) => ['-H', header]),
    ...(insecure ? ['-k'] : []),
    ...(authority === undefined ? [] : ['--cacert', '/dev/stdin']),
    url,
  ];
  // curl has one exit code for a closed port and for no route; the probe tells them apart.
  const { hostname, port, protocol } = new URL(url);
  const tell = connectCommand(probe, hostname, Number(port || (protocol === 'https:' ? 443 : 80)));
  const input = authority === undefined ? '' : `printf %s ${quote(authority)} | `;
  return [
    'sh',
    '-c',
    `${input}${[...get, ...options].map(quote).join(' ')} || { code=$?; [ $code -ne 7 ] || ${tell.map(quote).join(' ')}; exit $code; }`,
  ];
}

function connectCommand(probe: string, host: string, port: number): string[] {
  return [probe, 'connect', `--timeout=${probeTimeoutSeconds}s`, `${host}:${port}`];
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function parseOutcome(output: string, prefix: string): Outcome {
  const lines = output
    .split('\n')
    .filter((line) => line.startsWith(prefix))
    .map((line) => line.slice(prefix.length));
  const end = lines.find((line) => !line.startsWith('+ '));
  if (end === undefined) return { kind: 'failed', text: `no answer from the probe; it printed: ${output.slice(0, 300)}`, afterMs: 0 };
  const [code = '', ms = ''] = end.split(' ');
  const encoded = lines
    .filter((line) => line.startsWith('+ '))
    .map((line) => line.slice(2))
    .join('');
  const afterMs = ms.endsWith('s') ? Math.round(Number(ms.slice(0, -1)) * 1000) : Number(ms);
  return classify(Number(code), Buffer.from(encoded, 'base64').toString(), afterMs);
}

/** Why curl got no connection, by address and port; newer ones also name the own address (curl 8.7). */
function refusalsByAddress(output: string, prefix: string): Map<string, string> {
  const lines = output.split('\n').filter((line) => line.startsWith(prefix));
  return new Map(
    lines.flatMap((line) => {
      const [, host, port, reason] = /connect to (\S+) port (\d+)(?: from \S+ port \d+)? failed: (.*)$/.exec(line) ?? [];
      return host === undefined || reason === undefined ? [] : [[`${host}:${port}`, reason] as const];
    }),
  );
}

/** agnhost exits with 1 after a word, curl with a code of its own: its output may hold any word, for it holds what the target said. */
export function classify(code: number, text: string, afterMs: number): Outcome {
  if (code === 0) return succeeded(text, afterMs);
  const outcome = otherFailure(text, afterMs) ?? (code === 1 ? agnhostFailure(text, afterMs) : curlFailure(code, text, afterMs));
  return outcome ?? { kind: 'failed', text: `exit code ${code}: ${text}`, afterMs };
}

/** ping ends with 1 when nothing came back (ping(8)); dig with 9 when no server answered (dig(1)). */
function otherFailure(text: string, afterMs: number): Outcome | undefined {
  if (/^;; (connection timed out|no servers could be reached)/m.test(text) || /communications error to .*timed out/.test(text))
    return { kind: 'timeout', afterMs };
  if (/communications error to .*connection refused/.test(text)) return { kind: 'refused', afterMs };
  if (!text.endsWith('ICMP')) return undefined;
  if (/(Destination|Network|Host) .*unreachable/i.test(text)) return { kind: 'unreachable', afterMs };
  return text.includes('0 received') || text.includes(' 0 packets received') ? { kind: 'timeout', afterMs } : undefined;
}

/** agnhost connect prints TIMEOUT, REFUSED, DNS or OTHER, with Go's error behind the latter two (its README). */
function agnhostFailure(text: string, afterMs: number): Outcome | undefined {
  const word = /^(TIMEOUT|REFUSED|DNS|OTHER)\b/m.exec(text)?.[1];
  if (word === 'TIMEOUT') return { kind: 'timeout', afterMs };
  if (word === 'REFUSED') return { kind: 'refused', afterMs };
  if (word === 'DNS') return { kind: 'name-error', text, afterMs };
  if (word === 'OTHER' && withoutRoute.test(text)) return { kind: 'unreachable', afterMs };
  if (word === 'OTHER' && text.includes('reset by peer')) return { kind: 'reset', afterMs };
  return undefined;
}

/** Exit codes of curl(1). */
function curlFailure(code: number, text: string, afterMs: number): Outcome | undefined {
  if (code === 28) return { kind: 'timeout', afterMs };
  if (code === 7) return { kind: withoutRoute.test(text) ? 'unreachable' : 'refused', afterMs };
  if (code === 6) return { kind: 'name-error', text, afterMs };
  if (code === 56 || code === 52) return { kind: 'reset', afterMs };
  if (code === 60) return { kind: 'untrusted', text, afterMs };
  return undefined;
}

/** EHOSTUNREACH and ENETUNREACH in the words of the C library and of Go. */
const withoutRoute = /no route to host|(network|host) is unreachable/i;

function succeeded(text: string, afterMs: number): Outcome {
  const header = /^;; ->>HEADER<<-.* status: ([A-Z]+)/m.exec(text)?.[1];
  if (header !== undefined)
    return {
      kind: 'resolved',
      code: header,
      addresses: [...text.matchAll(/\sIN\s+A\s+(\S+)$/gm)].map(([, address = '']) => address),
      afterMs,
    };
  const status = /\n(\d{3})$/.exec(text)?.[1];
  if (status === undefined) return { kind: 'connected', afterMs };
  return { kind: 'answered', status: Number(status), body: text.slice(0, -4), afterMs };
}

/** Whether the attempt reached the target, trusted or not. */
export function reached(outcome: Outcome): boolean {
  return outcome.kind === 'connected' || outcome.kind === 'answered' || outcome.kind === 'resolved' || outcome.kind === 'untrusted';
}

/** Whether the attempt failed in the way that a policy makes it fail: silence or a reset, not a closed port or a wrong name. */
export function blocked(outcome: Outcome): boolean {
  return outcome.kind === 'timeout' || outcome.kind === 'reset';
}

/** An outcome in words for a report. */
export function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'answered':
      return `answered ${outcome.status} after ${outcome.afterMs} ms`;
    case 'resolved':
      return `${outcome.code} ${outcome.addresses.join(', ')} after ${outcome.afterMs} ms`;
    case 'name-error':
    case 'untrusted':
    case 'failed':
      return `${outcome.kind}: ${outcome.text.trim()}`;
    default:
      return `${outcome.kind} after ${outcome.afterMs} ms`;
  }
}
