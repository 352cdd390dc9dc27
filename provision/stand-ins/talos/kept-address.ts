import { execFile, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** By then `ip monitor`, which does not say when it begins to listen, hears of every change. */
const monitorListensAfterMs = 1000;

export interface KeptAddress {
  readonly address: string;
  /** The network card. */
  readonly link: string;
  /** A command to put before each command, for example one that enters a network namespace. */
  readonly enter?: readonly string[];
  /** Called each time that the address was added. */
  readonly announce: () => Promise<void>;
}

/**
 * Adds an address as a /32 to a network card, and adds it again whenever somebody takes it away. Returns when the signal is
 * aborted, and leaves the address as it is. Throws when the card refuses the address.
 */
export async function keepAddress(kept: KeptAddress, { signal, say }: { signal: AbortSignal; say: (text: string) => void }): Promise<void> {
  while (!signal.aborted) {
    await whileMonitored(kept, { signal, say });
    if (!signal.aborted) await delay(1000, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Until the kernel's reports end, which they do only when the signal is aborted or the monitor died. The monitor may not listen
 * yet at the first look, so there is a second one: a loss in between is mended by it, and every later one is reported.
 */
async function whileMonitored(kept: KeptAddress, { signal, say }: { signal: AbortSignal; say: (text: string) => void }): Promise<void> {
  const [program, ...args] = [...(kept.enter ?? []), 'ip', '-oneline', 'monitor', 'address', 'dev', kept.link];
  const monitor = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const stop = (): void => void monitor.kill();
  monitor.once('error', (error) => say(`ip monitor: ${error.message}`));
  signal.addEventListener('abort', stop);
  try {
    await addIfMissing(kept, say);
    await delay(monitorListensAfterMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    await addIfMissing(kept, say);
    monitor.stdout.setEncoding('utf8');
    for await (const change of monitor.stdout as AsyncIterable<string>) if (change !== '' && !signal.aborted) await addIfMissing(kept, say);
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

/** Removes the address; nothing happens where it is not there. */
export async function removeAddress({ address, link, enter = [] }: Omit<KeptAddress, 'announce'>): Promise<void> {
  const [program, ...args] = [...enter, 'ip', 'address', 'delete', `${address}/32`, 'dev', link];
  await run(program, args).catch(() => undefined);
}

async function addIfMissing({ address, link, enter = [], announce }: KeptAddress, say: (text: string) => void): Promise<void> {
  const ip = async (...rest: string[]): Promise<string> => {
    const [program = '', ...args] = [...enter, 'ip', ...rest];
    return (await run(program, args)).stdout;
  };
  if ((await ip('-oneline', 'address', 'show', 'dev', link, 'to', `${address}/32`)).trim() !== '') return;
  say(`adding ${address}/32 to ${link}`);
  await ip('address', 'replace', `${address}/32`, 'dev', link);
  await announce();
}
