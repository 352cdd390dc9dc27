import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Changes } from '../engine/changes/changes.ts';
import { patient } from '../engine/patience.ts';
import { until } from '../engine/waiting.ts';
import { shellCommand } from './shell-words.ts';
import type { Vantages } from './vantages.ts';

const listenerProgram = readFileSync(join(import.meta.dirname, 'listener.sh'), 'utf8');

/** Vantages that have agnhost. */
interface ListenerVantages extends Pick<Vantages, 'vantage' | 'runAt'> {
  readonly descriptor: { /** agnhost as the vantages find it. */ readonly probe: string };
}

/** Where a web server (agnhost netexec) listens, at a host or on a node, for a bounded time. */
export interface ListeningPlace {
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

export interface Listener extends ListeningPlace {
  stop(): Promise<void>;
}

/** Starts a server at a place; it ends by itself after `maxSeconds`, whatever becomes of this process. Throws a WaitTimeout when it does not listen. */
export async function startListener(
  cluster: ListenerVantages,
  host: string,
  { port, maxSeconds }: { port: number; maxSeconds: number },
  signal: AbortSignal,
): Promise<Listener> {
  const { address } = cluster.vantage(host);
  await cluster.runAt(host, startCommand(cluster, { port, maxSeconds }), signal);
  await listens(cluster, { host, port }, signal);
  const stop = async (): Promise<void> => {
    await cluster.runAt(host, stopCommand(port), AbortSignal.timeout(10_000)).catch(() => undefined);
  };
  return { host, address, port, stop };
}

/** The same for as long as the changes that it belongs to. */
export async function keepListener(
  { cluster, changes, signal }: { cluster: ListenerVantages; changes: Pick<Changes, 'command'>; signal: AbortSignal },
  host: string,
  { port, maxSeconds }: { port: number; maxSeconds: number },
): Promise<ListeningPlace> {
  const { address, command: prefix } = cluster.vantage(host);
  await changes.command(
    {
      what: `end the server on port ${port} of ${host}`,
      run: [...prefix, ...startCommand(cluster, { port, maxSeconds })],
      undo: [...prefix, ...stopCommand(port)],
    },
    signal,
  );
  await listens(cluster, { host, port }, signal);
  return { host, address, port };
}

/** In a session of its own, so that the server stays when the command that has started it ends. */
function startCommand({ descriptor: { probe } }: ListenerVantages, { port, maxSeconds }: { port: number; maxSeconds: number }): string[] {
  return ['setsid', ...shellCommand(listenerProgram, ['start', String(port), String(maxSeconds), probe])];
}

function stopCommand(port: number): string[] {
  return shellCommand(listenerProgram, ['stop', String(port)]);
}

async function listens(
  cluster: ListenerVantages,
  { host, port }: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<void> {
  await until(`a server on port ${port} of ${host}`, { timeoutMs: patient(10_000), everyMs: 200, signal }, async () => {
    const listening = await cluster.runAt(host, ['ss', '-Hltn', `sport = :${port}`], signal);
    return listening.trim() === '' ? { notYet: 'no listener' } : { done: undefined };
  });
}
