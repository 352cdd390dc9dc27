import { curlOutcome } from '../tools/curl.ts';
import type { SampledAttempt } from './sampled-attempt.ts';
import { type VantageClock, timeOfDay } from './vantage-clock.ts';

/**
 * What one curl printed of its transfers, one after another: the trace, which begins with a frame that tells the uptime at its
 * launch, with a frame after each transfer (its number, curl's exit code, the HTTP status, new connections, seconds, error);
 * and the first line of each answer before a frame of the same number.
 */
export function curlAttempts(
  { trace, answers }: { trace: readonly string[]; answers: readonly string[] },
  { frame, clock }: { frame: string; clock: VantageClock },
): SampledAttempt[] {
  const [launch = '', ...printed] = trace;
  const first = printed.map(timeOfDay).find((time) => time !== undefined);
  if (first === undefined) return [];
  const timeOf = clock.ofTrace({ launched: Number(launch.slice(frame.length).replace('launched', '')), dayMs: first });
  const bodies = bodiesOf(answers, frame);
  const attempts: SampledAttempt[] = [];
  let lines: string[] = [];
  for (const line of printed) {
    if (!line.startsWith(frame)) {
      lines.push(line);
      continue;
    }
    const attempt = curlAttempt(lines, line.slice(frame.length).trim(), { bodies, timeOf });
    if (attempt !== undefined) attempts.push(attempt);
    lines = [];
  }
  return attempts;
}

/** The frame after the last answer may be missing: curl is ended before it has written it. */
function bodiesOf(answers: readonly string[], frame: string): Map<string, string> {
  const bodies = new Map<string, string>();
  let body = '';
  let next = 0;
  for (const line of answers) {
    if (line.startsWith(frame)) {
      const number = line.slice(frame.length).trim();
      bodies.set(number, body);
      next = Number(number) + 1;
    }
    body = line.startsWith('=') ? line.slice(1) : '';
  }
  if (body !== '') bodies.set(String(next), body);
  return bodies;
}

function curlAttempt(
  lines: readonly string[],
  framed: string,
  { bodies, timeOf }: { bodies: ReadonlyMap<string, string>; timeOf: (dayMs: number) => number },
): SampledAttempt | undefined {
  const began = lines.map(timeOfDay).find((time) => time !== undefined);
  if (began === undefined) return undefined;
  const [number = '', code = '', status = '', connects = '', seconds = '', ...error] = framed.split(' ');
  const afterMs = Math.round(Number(seconds) * 1000);
  const trace = lines.join('\n');
  const lost = connectionLost.test(trace);
  const beganAt = timeOf(began);
  return {
    beganAt,
    endedAt: beganAt + afterMs,
    outcome: curlOutcome({
      code: Number(code),
      status: Number(status),
      body: bodies.get(number) ?? '',
      error: `${trace}\n${error.join(' ')}`,
      hadConnection: Number(connects) > 0 || (keptConnection.test(trace) && !lost),
      connectedAfterMs: 0,
      afterMs,
    }),
    connected: Number(connects) > 0,
    lost,
  };
}

/** How curl tells of a connection that it kept and that is no more. */
const connectionLost = /seems to be dead|Connection died/;

/** How curl tells that it uses a connection again. */
const keptConnection = /Re-?using existing/i;
