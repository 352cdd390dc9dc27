import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { patient } from '../engine/patience.ts';
import { curlConfigValue } from './curl-config.ts';
import type { Outcome } from './outcome.ts';
import { type ProbeReport, reportsIn } from './probe-output.ts';
import { withArguments } from './shell-words.ts';
import type { HttpTarget, Target } from './target.ts';
import { agnhostOutcome } from './tools/agnhost.ts';
import { curlOutcome } from './tools/curl.ts';
import { digOutcome } from './tools/dig.ts';
import { pingOutcome } from './tools/ping.ts';

export { type Outcome, blocked, outcomeText, reached } from './outcome.ts';
export type { HttpTarget, Target } from './target.ts';

/** Runs a shell script at a place and returns what it printed; throws when it could not be run there. */
export type RunScript = (script: string, signal: AbortSignal) => Promise<string>;

/** Probe time-out of the register: isolation.md and admin-access.md. */
export const probeTimeoutSeconds = 3;

/** The time-out here: where machines are so slow that an answer may take longer (seen: 4.7 s), silence takes longer, too. */
export function timeoutSeconds(): number {
  return Math.max(probeTimeoutSeconds, Math.ceil(patient(probeTimeoutSeconds / 2)));
}

const program = readFileSync(join(import.meta.dirname, 'probe.sh'), 'utf8');

/**
 * Tries all targets from one place at the same time, in one command: a batch of denials costs one time-out.
 * What comes back is framed by a nonce, so that nothing else that a shell prints is taken for an outcome.
 */
export async function probeAll(
  targets: readonly Target[],
  options: { run: RunScript; probe: string; signal: AbortSignal; seconds?: number },
): Promise<Outcome[]> {
  const nonce = randomBytes(8).toString('hex');
  const seconds = options.seconds ?? timeoutSeconds();
  const words = targets.flatMap((target, index) => targetWords(target, String(index), seconds));
  const script = withArguments(program, [nonce, options.probe, String(seconds), ...words]);
  const output = await options.run(script, options.signal);
  const reports = reportsIn(output, { nonce, count: targets.length });
  return targets.map((target, index) => {
    const report = reports.of(index);
    if (report === undefined) return { kind: 'failed', text: `no answer from the probe; it printed: ${output.slice(0, 300)}`, afterMs: 0 };
    return outcomeOf(target, report, { nonce, refusals: reports.refusals });
  });
}

/** A target as probe.sh takes it. */
function targetWords(target: Target, index: string, seconds: number): string[] {
  switch (target.kind) {
    case 'tcp':
      return [
        isIP(target.host) ? 'tcp' : 'name',
        index,
        target.host,
        String(target.port),
        curlConfigValue(`http://${target.host}:${target.port}/`),
      ];
    case 'udp':
      return ['udp', index, target.host, String(target.port), target.data ?? 'hostname'];
    case 'sctp':
      return ['sctp', index, target.host, String(target.port)];
    case 'icmp':
      return ['icmp', index, target.host];
    case 'dns':
      return [
        'dns',
        index,
        target.server,
        target.name,
        `+${target.over === 'tcp' ? '' : 'no'}tcp`,
        String(target.withinSeconds ?? seconds),
      ];
    case 'http':
      return httpWords(target, index, seconds);
  }
}

function httpWords(target: HttpTarget, index: string, seconds: number): string[] {
  const { url, headers = [], insecure, authority = '' } = target;
  const { hostname, port, protocol } = new URL(url);
  return [
    'http',
    index,
    url,
    String(target.withinSeconds ?? seconds),
    insecure === true ? 'any' : 'authority',
    authority,
    headers.join('\n'),
    hostname,
    port || (protocol === 'https:' ? '443' : '80'),
  ];
}

function outcomeOf(
  target: Target,
  report: ProbeReport,
  { nonce, refusals }: { readonly nonce: string; readonly refusals: ReadonlyMap<string, string> },
): Outcome {
  switch (target.kind) {
    case 'tcp':
      return report.by === 'curl'
        ? connectionOutcome(report, refusals.get(`${target.host}:${target.port}`) ?? refusals.get(target.host))
        : agnhostOutcome(report.text, report);
    case 'udp':
    case 'sctp':
      return agnhostOutcome(report.text, report);
    case 'icmp':
      return pingOutcome(report.text, report);
    case 'dns':
      return digOutcome(report.text, report, target.over);
    case 'http':
      return httpOutcome(report, nonce);
  }
}

/** The reason is the one that curl tells with --verbose: it has one exit code for a closed port and for no route. */
function connectionOutcome({ code, text, afterMs }: ProbeReport, reason: string | undefined): Outcome {
  return curlOutcome({ code, body: '', error: reason ?? text, hadConnection: false, connectedAfterMs: 0, afterMs });
}

/** The answer's body, then a line of curl's own that begins with the nonce, which no body can know; after it what agnhost says. */
function httpOutcome({ code, text, afterMs }: ProbeReport, nonce: string): Outcome {
  const at = text.lastIndexOf(`\n${nonce} `);
  const [, status, connections, connectedSeconds, error] = /^(\d+) (\d+) (\S+) ?(.*)$/s.exec(text.slice(at + nonce.length + 2)) ?? [];
  if (at < 0 || connections === undefined) return { kind: 'failed', text: `exit code ${code}: ${text}`, afterMs };
  return curlOutcome({
    code,
    status: Number(status),
    body: text.slice(0, at),
    error: error ?? '',
    hadConnection: Number(connections) > 0 || /^CONNECTED$/m.test(error ?? ''),
    // Less than a millisecond is not 0, which curl says where there was none.
    connectedAfterMs: Math.ceil(Number(connectedSeconds) * 1000),
    afterMs,
  });
}
