import { z } from 'zod';
import { exitCode, Problem } from '../problem.ts';
import { connectionMatrix, result } from '../run-record.ts';
import { clusterSurvey } from '../survey.ts';

/** A Problem on its way from one process to another. */
const problem = z.object({
  code: z.union(Object.values(exitCode).map((code) => z.literal(code))),
  expected: z.string(),
  saw: z.string(),
  next: z.string(),
});

/** What a program that works at the cluster tells the command that started it: one JSON document a line. */
const runEvent = z.discriminatedUnion('kind', [
  /** The run has its plan, and so many checks to decide. */
  z.object({ kind: z.literal('began'), runId: z.string(), checks: z.int() }),
  /** What the cluster told of itself. */
  z.object({ kind: z.literal('surveyed'), survey: clusterSurvey }),
  /** Another run has the cluster, and this one waits for it. */
  z.object({ kind: z.literal('lease-waiting'), text: z.string() }),
  /** The run cannot begin. */
  z.object({ kind: z.literal('refused'), problem }),
  z.object({ kind: z.literal('decided'), result }),
  /** A check has ended without a result. */
  z.object({ kind: z.literal('undecided'), requirement: z.string(), reason: z.string() }),
  z.object({ kind: z.literal('matrix'), matrix: connectionMatrix }),
  /** The run's own requests go to another endpoint than the documented one. */
  z.object({ kind: z.literal('fallback'), endpoint: z.string(), reason: z.string() }),
  /** A request was sent again because its connection failed before an answer came. */
  z.object({ kind: z.literal('retried'), what: z.string(), reason: z.string() }),
  /** A change was taken back by a replay. */
  z.object({ kind: z.literal('undone'), text: z.string() }),
  /** A change to the cluster could not be taken back. */
  z.object({ kind: z.literal('left-behind'), text: z.string() }),
  /** An error of a whole file, or of the runner itself. */
  z.object({ kind: z.literal('failed'), text: z.string() }),
  /** Progress in words. */
  z.object({ kind: z.literal('note'), text: z.string() }),
  /** The program has told everything. */
  z.object({ kind: z.literal('ended') }),
]);

export type RunEvent = z.infer<typeof runEvent>;
export type EventOf<Kind extends RunEvent['kind']> = Extract<RunEvent, { kind: Kind }>;

/** The event by which a Problem travels; `problemOf` is its inverse. */
export function refusal({ code, text }: Problem): EventOf<'refused'> {
  return { kind: 'refused', problem: { code, ...text } };
}

/** The Problem that an event carries. */
export function problemOf({ problem: { code, ...text } }: EventOf<'refused'>): Problem {
  return new Problem(code, text);
}

/** An event as a line, with its end. */
export function eventLine(event: RunEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/** The event of a line; undefined for one that is none, such as the last one of a program that was killed. */
export function eventOf(line: string): RunEvent | undefined {
  const parsed = runEvent.safeParse(jsonOf(line));
  return parsed.success ? parsed.data : undefined;
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
