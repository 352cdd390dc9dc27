import { type Server, createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type SampledRequest, startSampling } from './sampler.ts';

/** This machine as the only place. */
const here: Parameters<typeof startSampling>[0] = {
  placeText: (place) => ('host' in place ? place.host : place.pod),
  runAt: async (_, [program = '', ...args], signal) => (await execa(program, args, { cancelSignal: signal })).stdout,
  kubernetes: { run: async () => Promise.reject(new Error('no pods here')) },
};

async function serve(name: string, port = 0): Promise<{ server: Server; port: number }> {
  const server = createServer((_, answer) => void answer.end(name));
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

function end(server: Server): void {
  server.close();
  server.closeAllConnections();
}

const request = (port: number, connection: 'new' | 'kept-open'): SampledRequest => ({
  name: connection,
  from: { host: 'here' },
  url: `http://127.0.0.1:${port}/hostname`,
  connection,
});

describe('sampling', () => {
  it('shows an outage, who answered before and after it, and that the kept-open connection broke', { timeout: 30_000 }, async () => {
    const { server, port } = await serve('a');
    onTestFinished(() => end(server));
    const sampling = await startSampling(here, [request(port, 'new'), request(port, 'kept-open')], {
      maxMs: 20_000,
      signal: new AbortController().signal,
    });
    await delay(1500);
    sampling.mark('a ends');
    end(server);
    await delay(1000);
    const again = await serve('b', port);
    onTestFinished(() => end(again.server));
    await delay(1500);
    const [fresh, kept] = await sampling.stop();
    for (const series of [fresh, kept]) {
      expect(series?.longestGapMs).toBeGreaterThan(800);
      expect(series?.longestGapMs).toBeLessThan(2500);
      expect(series?.events).toEqual([{ text: 'a ends', atMs: expect.any(Number) as number }]);
      expect(new Set(series?.samples.map(({ answeredBy }) => answeredBy))).toEqual(new Set(['a', 'b', undefined]));
    }
    expect(fresh?.samples.length).toBeGreaterThan(20);
    expect(kept?.samples.filter(({ outcome }) => outcome === 'answered 200 over a new connection')).toHaveLength(1);
  });

  it('ends by itself', { timeout: 30_000 }, async () => {
    const { server, port } = await serve('a');
    onTestFinished(() => end(server));
    const sampling = await startSampling(here, [request(port, 'new')], { maxMs: 1000, signal: new AbortController().signal });
    await delay(4000);
    const [series] = await sampling.stop();
    expect(series?.samples.at(-1)?.atMs).toBeLessThan(3500);
  });

  it('says that a place cannot sample', async () => {
    const nowhere = { ...here, runAt: async () => Promise.resolve('sh: curl: not found') };
    await expect(startSampling(nowhere, [request(1, 'new')], { maxMs: 1000, signal: new AbortController().signal })).rejects.toThrow(
      /cannot sample.*curl: not found/,
    );
  });

  it.each([{ everyMs: 70 }, { everyMs: 300 }, { maxMs: 3_600_000 }])('refuses %j', async (options) => {
    await expect(startSampling(here, [], { maxMs: 1000, signal: new AbortController().signal, ...options })).rejects.toThrow(RangeError);
  });
});
