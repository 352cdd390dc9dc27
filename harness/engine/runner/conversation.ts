import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { killTree } from '../process-tree.ts';
import { type RunEvent, eventOf } from './events.ts';

/** A program of ours that works at the cluster. */
export interface Program {
  readonly command: readonly string[];
  /** Its one task, a JSON document that it reads on file descriptor 4. */
  readonly task: unknown;
  readonly environment?: Readonly<Record<string, string>>;
  /** Kills it, with all that it has started: whoever then takes back its changes is alone at it. */
  readonly signal: AbortSignal;
  /** It is killed after this time, whatever it does. */
  readonly deadlineMs: number;
}

/** How a program ended. */
export interface Ending {
  /** Its exit code; null when it was killed. */
  readonly code: number | null;
  /** The last lines that it printed, for a diagnosis: nothing in them is read by a program. */
  readonly lastLines: string;
}

/** A process that the program has left behind may hold its output open. */
const outputAfterEndMs = 2_000;
const mostLines = 40;

/** Runs a program to its end: its task goes in on file descriptor 4, its events come back on 3 and are handed on as they come. */
export async function converse(
  { command, task, environment, signal, deadlineMs }: Program,
  take: (event: RunEvent) => void,
): Promise<Ending> {
  signal.throwIfAborted();
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  const stop = (): void => killTree(child);
  const overdue = setTimeout(stop, deadlineMs);
  signal.addEventListener('abort', stop, { once: true });
  try {
    hand(child.stdio[4] as Writable, task);
    const lines: string[] = [];
    const outputs = [
      eachLine(child.stdio[3] as Readable, (line) => take(eventOf(line) ?? unreadable(line))),
      ...[child.stdout, child.stderr].map((stream) => eachLine(stream as Readable, (line) => keepLast(lines, line))),
    ];
    const [code] = (await once(child, 'exit')) as [number | null];
    await Promise.race([Promise.all(outputs), outputIsLate()]);
    return { code, lastLines: lines.join('\n') };
  } finally {
    clearTimeout(overdue);
    signal.removeEventListener('abort', stop);
  }
}

/** A program that ends before it has read its task is told of by its end. */
function hand(stream: Writable, task: unknown): void {
  stream.on('error', () => undefined);
  stream.end(JSON.stringify(task));
}

async function eachLine(stream: Readable, take: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) take(line);
}

function keepLast(lines: string[], line: string): void {
  lines.push(line);
  if (lines.length > mostLines) lines.shift();
}

function outputIsLate(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, outputAfterEndMs).unref();
  });
}

/** A line that was being written when its program was killed has no end. */
function unreadable(line: string): RunEvent {
  return { kind: 'note', text: `a line of ${line.length} characters could not be read: ${line.slice(0, 60)}` };
}
