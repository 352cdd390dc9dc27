import { randomBytes } from 'node:crypto';

/** What to try from a place; several are tried at the same time. */
export type Target =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** A GET, redirects followed; the last answer's status and body are the outcome. */
  | { readonly kind: 'http'; readonly url: string };

/** How one attempt ended. Times are milliseconds since the attempt began, to 10 ms. */
export type Outcome =
  | { readonly kind: 'connected'; readonly afterMs: number }
  | { readonly kind: 'answered'; readonly status: number; readonly body: string; readonly afterMs: number }
  | { readonly kind: 'timeout'; readonly afterMs: number }
  | { readonly kind: 'refused'; readonly afterMs: number }
  | { readonly kind: 'reset'; readonly afterMs: number }
  /** No route, or nobody on the target's network has the address. */
  | { readonly kind: 'unreachable'; readonly afterMs: number }
  | { readonly kind: 'name-error'; readonly text: string; readonly afterMs: number }
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
export async function probeAll(targets: readonly Target[], options: { run: RunScript; probe: string; signal: AbortSignal }): Promise<Outcome[]> {
  const nonce = randomBytes(8).toString('hex');
  const output = await options.run(batchScript(targets, { nonce, probe: options.probe }), options.signal);
  return targets.map((_, index) => parseOutcome(output, `${nonce} ${index} `));
}

function batchScript(targets: readonly Target[], { nonce, probe }: { nonce: string; probe: string }): string {
  const attempts = targets.map((target, index) => `try ${index} ${commandOf(target, probe).map(quote).join(' ')} &`);
  return [
    // Centiseconds since boot: the official image's shell has no finer clock.
    'now() { read -r up _ </proc/uptime; echo "${up%.*}${up#*.}"; }',
    `try() { n=$1; shift; a=$(now); out=$("$@" 2>&1); code=$?; b=$(now)`,
    // Short lines, for a pipe keeps only writes of up to 4096 bytes apart (pipe(7), PIPE_BUF).
    `printf %s "$out" | base64 | while read -r part; do echo "${nonce} $n + $part"; done`,
    `echo "${nonce} $n $code $(( (b - a) * 10 ))"; }`,
    ...attempts,
    'wait',
  ].join('\n');
}

function commandOf(target: Target, probe: string): string[] {
  if (target.kind === 'tcp') return connectCommand(probe, target.host, target.port);
  // The URL as it is, to the target itself: no configuration file, no globs, no proxy of the place.
  const get = ['curl', '-q', '-g', '--noproxy', '*', '-s', '-S', '--location', '--max-redirs', '3', '--max-time', String(probeTimeoutSeconds), '-w', '\n%{http_code}', target.url];
  // curl has one exit code for a closed port and for no route; the probe tells them apart.
  const { hostname, port, protocol } = new URL(target.url);
  const tell = connectCommand(probe, hostname, Number(port || (protocol === 'https:' ? 443 : 80)));
  return ['sh', '-c', `${get.map(quote).join(' ')} || { code=$?; [ $code -ne 7 ] || ${tell.map(quote).join(' ')}; exit $code; }`];
}

function connectCommand(probe: string, host: string, port: number): string[] {
  return [probe, 'connect', `--timeout=${probeTimeoutSeconds}s`, `${host}:${port}`];
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function parseOutcome(output: string, prefix: string): Outcome {
  const lines = output.split('\n').filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
  const end = lines.find((line) => !line.startsWith('+ '));
  if (end === undefined) return { kind: 'failed', text: `no answer from the probe; it printed: ${output.slice(0, 300)}`, afterMs: 0 };
  const [code = '', ms = ''] = end.split(' ');
  const encoded = lines.filter((line) => line.startsWith('+ ')).map((line) => line.slice(2)).join('');
  return classify(Number(code), Buffer.from(encoded, 'base64').toString(), Number(ms));
}

/** agnhost exits with 1 after a word, curl with a code of its own: its output may hold any word, for it holds what the target said. */
export function classify(code: number, text: string, afterMs: number): Outcome {
  if (code === 0) return succeeded(text, afterMs);
  const outcome = code === 1 ? agnhostFailure(text, afterMs) : curlFailure(code, text, afterMs);
  return outcome ?? { kind: 'failed', text: `exit code ${code}: ${text}`, afterMs };
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
  return undefined;
}

/** EHOSTUNREACH and ENETUNREACH in the words of the C library and of Go. */
const withoutRoute = /no route to host|(network|host) is unreachable/i;

function succeeded(text: string, afterMs: number): Outcome {
  const status = /\n(\d{3})$/.exec(text)?.[1];
  if (status === undefined) return { kind: 'connected', afterMs };
  return { kind: 'answered', status: Number(status), body: text.slice(0, -4), afterMs };
}

/** Whether the attempt reached the target. */
export function reached(outcome: Outcome): boolean {
  return outcome.kind === 'connected' || outcome.kind === 'answered';
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
    case 'name-error':
    case 'failed':
      return `${outcome.kind}: ${outcome.text.trim()}`;
    default:
      return `${outcome.kind} after ${outcome.afterMs} ms`;
  }
}
