import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { keepAddress, removeAddress } from './kept-address.ts';

const run = promisify(execFile);
const address = '192.0.2.10';
const link = 'eth0';

/** A network namespace with a card of its own; it goes with the test. */
async function network(): Promise<string[]> {
  const script = `ip link add ${link} type veth peer name peer0 && ip link set ${link} up && echo ready && exec sleep 60`;
  const child = spawn('unshare', ['--net', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return ['nsenter', `--net=/proc/${child.pid}/ns/net`];
}

const addresses = async (enter: string[]): Promise<string> => {
  const [program, ...args] = [...enter, 'ip', '-brief', '-4', 'address', 'show', 'dev', link];
  return (await run(program, args)).stdout;
};

/** Put before a command: a monitor hears nothing, everything else is done. */
const deaf = ['sh', '-c', 'case "$*" in *monitor*) exec sleep 60 ;; esac; exec "$0" "$@"'];

/** A keeper at work, and how often it has announced the address. */
async function keeper() {
  const enter = await network();
  const stop = new AbortController();
  const announce = vi.fn<() => Promise<void>>(async () => undefined);
  const ended = keepAddress({ address, link, enter, announce }, { signal: stop.signal, say: () => undefined });
  onTestFinished(() => {
    stop.abort();
    return ended;
  });
  await vi.waitFor(() => expect(announce).toHaveBeenCalledTimes(1), { timeout: 5000 });
  return { enter, stop, ended, announce };
}

describe.skipIf(process.getuid?.() !== 0)('an address that is kept', () => {
  it('is added and announced', async () => {
    const { enter } = await keeper();
    expect(await addresses(enter)).toContain(`${address}/32`);
  });

  it('is added and announced again when somebody takes it away', async () => {
    const { enter, announce } = await keeper();
    for (const times of [2, 3]) {
      await removeAddress({ address, link, enter });
      await vi.waitFor(() => expect(announce).toHaveBeenCalledTimes(times), { timeout: 5000 });
      expect(await addresses(enter)).toContain(`${address}/32`);
    }
  });

  it('is added again though the monitor does not listen yet when it is lost', async () => {
    const enter = await network();
    const stop = new AbortController();
    let times = 0;
    const announce = async (): Promise<void> => {
      times += 1;
      if (times === 1) await removeAddress({ address, link, enter });
    };
    const kept = { address, link, enter: [...deaf, ...enter], announce };
    const ended = keepAddress(kept, { signal: stop.signal, say: () => undefined });
    onTestFinished(() => {
      stop.abort();
      return ended;
    });
    await vi.waitFor(() => expect(times).toBe(2), { timeout: 5000 });
    expect(await addresses(enter)).toContain(`${address}/32`);
  });

  it('is not added again once it is kept no more', async () => {
    const { enter, stop, ended } = await keeper();
    stop.abort();
    await ended;
    await removeAddress({ address, link, enter });
    // Longer than until its second look, and than a monitor takes to report.
    await delay(1500);
    expect(await addresses(enter)).not.toContain(address);
  });

  it('that the card refuses is an error', async () => {
    const enter = await network();
    const kept = { address: 'nonsense', link, enter, announce: async () => undefined };
    await expect(keepAddress(kept, { signal: AbortSignal.timeout(5000), say: () => undefined })).rejects.toThrow('nonsense');
  });
});
