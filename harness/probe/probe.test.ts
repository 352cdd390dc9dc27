import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type Server as HttpServer, createServer as createHttpServer } from 'node:http';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outcome } from './outcome.ts';
import { type RunScript, probeAll, probeTimeoutSeconds } from './probe.ts';
import type { Target } from './target.ts';

/** Plays the place: what it prints for a batch, given the batch's nonce. */
const printing =
  (print: (nonce: string) => string): RunScript =>
  async (script) =>
    print(/^set -- '([0-9a-f]+)' /.exec(script)?.[1] ?? 'the script has no nonce');
const line = (nonce: string, index: number, ms: number): string => `${nonce} ${index} 0 ${ms / 1000}s`;
const batch = (size: number): Target[] => Array.from({ length: size }, (_, index) => ({ kind: 'tcp', host: '127.0.0.1', port: index + 1 }));
const ask = (size: number, print: (nonce: string) => string): Promise<Outcome[]> =>
  probeAll(batch(size), { run: printing(print), probe: '/agnhost', signal: new AbortController().signal });

describe('the frame of a batch', () => {
  it('gives every target its own outcome, whatever order the attempts end in and whatever is printed between', async () => {
    const noise = fc.array(fc.stringMatching(/^[ -~]{0,30}$/), { minLength: 12, maxLength: 12 });
    const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], { minLength: 12 });
    await fc.assert(
      fc.asyncProperty(order, noise, async (ended, between) => {
        const outcomes = await ask(12, (nonce) =>
          ended.map((index, position) => `${between[position]}\n${line(nonce, index, index * 10)}`).join('\n'),
        );
        expect(outcomes.map(({ afterMs }) => afterMs)).toEqual(batch(12).map((_, index) => index * 10));
      }),
    );
  });

  it('does not take a line with another nonce for an outcome', async () => {
    expect(await ask(1, () => line('0123456789abcdef', 0, 10))).toMatchObject([{ kind: 'failed' }]);
  });

  it('does not take the nonce in the middle of a line for an outcome', async () => {
    expect(await ask(1, (nonce) => `motd: ${line(nonce, 0, 10)}`)).toMatchObject([{ kind: 'failed' }]);
  });

  it('puts together an answer whose lines others are printed between', async () => {
    const print = (nonce: string): string => {
      const [first, second] = [0, 1].map((index) => Buffer.from(`body of ${index}\n${nonce} 200 1 0.001 \n`).toString('base64'));
      return [
        `${nonce} 0 + ${first?.slice(0, 7)}`,
        `${nonce} 1 + ${second?.slice(0, 5)}`,
        `${nonce} 0 + ${first?.slice(7)}`,
        `${nonce} 0 0 10`,
        `${nonce} 1 + ${second?.slice(5)}`,
        `${nonce} 1 0 20`,
      ].join('\n');
    };
    const targets: Target[] = [0, 1].map(() => ({ kind: 'http', url: 'http://127.0.0.1/' }));
    const outcomes = await probeAll(targets, { run: printing(print), probe: '/agnhost', signal: new AbortController().signal });
    expect(outcomes).toMatchObject([{ body: 'body of 0' }, { body: 'body of 1' }]);
  });

  it('fails an attempt that was cut off before its end, though it had begun to answer', async () => {
    expect(await ask(1, (nonce) => `${nonce} 0 + ${Buffer.from('body\n200').toString('base64')}`)).toMatchObject([{ kind: 'failed' }]);
  });

  it('has a new nonce for every batch', async () => {
    const nonces: string[] = [];
    for (let round = 0; round < 3; round += 1) await ask(1, (nonce) => (nonces.push(nonce), ''));
    expect(new Set(nonces).size).toBe(3);
  });

  it('fails the one attempt that printed nothing, with what was printed instead', async () => {
    expect(await ask(2, (nonce) => `cannot fork\n${line(nonce, 1, 10)}`)).toMatchObject([
      { kind: 'failed', text: expect.stringContaining('cannot fork') },
      { kind: 'connected' },
    ]);
  });

  it('passes on that the script could not be run at the place', async () => {
    const run: RunScript = () => Promise.reject(new Error('exec was cut off'));
    await expect(probeAll(batch(1), { run, probe: '/agnhost', signal: new AbortController().signal })).rejects.toThrow('exec was cut off');
  });
});

it.each([
  { url: 'http://web/', at: "'web' '80'" },
  { url: 'https://web/', at: "'web' '443'" },
  { url: 'https://web:6443/', at: "'web' '6443'" },
])('a closed port of $url is told from no route by trying $at', async ({ url, at }) => {
  let script = '';
  const run: RunScript = async (text) => (script = text);
  await probeAll([{ kind: 'http', url }], { run, probe: '/agnhost', signal: new AbortController().signal });
  expect(script.split('\n')[0]).toContain(at);
});

/** Stands for agnhost's `connect`: its arguments, words and exit codes (test/images/agnhost/connect in Kubernetes). */
const fakeProbe = `#!${process.execPath}
const [, , command, timeout, target] = process.argv;
const end = (text) => { process.stderr.write(text + '\\n'); process.exit(1); };
if (command !== 'connect' || timeout !== '--timeout=${probeTimeoutSeconds}s') end('UNKNOWN: ' + process.argv.slice(2).join(' '));
const at = target.lastIndexOf(':');
const socket = require('node:net').connect({ host: target.slice(0, at), port: Number(target.slice(at + 1)), timeout: ${probeTimeoutSeconds * 1000} });
socket.on('connect', () => process.exit(0));
socket.on('timeout', () => end('TIMEOUT'));
socket.on('error', ({ code, message }) => end(code === 'ECONNREFUSED' ? 'REFUSED' : code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? 'DNS: ' + message : code === 'ECONNRESET' ? 'OTHER: connection reset by peer' : 'OTHER: ' + message));
`;

const runFile = promisify(execFile);

/** Listens and never accepts: when its queue is full, the kernel drops new connections silently, as a policy does. */
const neverAccepts = `
const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  require('node:fs').writeSync(1, String(server.address().port));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;

/** The shells of hosts and of the agnhost image, as far as this machine has them. */
const shells = [
  { shell: 'sh', prefix: ['sh'] },
  { shell: 'busybox', prefix: ['busybox', 'sh'] },
].filter(({ shell, prefix: [program = '', ...more] }) => shell === 'sh' || spawnSync(program, [...more, '-c', ':']).status === 0);

describe.each(shells)('a batch that $shell runs', { timeout: 30_000 }, ({ prefix: [program = '', ...more] }) => {
  const afterConnect = (kind: Outcome['kind']): object => ({ kind, connectedAfterMs: expect.any(Number) as number });
  let folder = '';
  let web: HttpServer;
  let silent: Server;
  let closing: Server;
  let resetting: Server;
  let full: ChildProcess;
  let webPort = 0;
  let silentPort = 0;
  let closingPort = 0;
  let resettingPort = 0;
  let fullPort = 0;
  let closedPort = 0;
  const sockets = new Set<Socket>();

  const probeWith = (targets: readonly Target[], environment: Record<string, string> = {}): Promise<Outcome[]> => {
    const run: RunScript = async (script, signal) =>
      (
        await runFile(program, [...more, '-c', script], {
          signal,
          cwd: folder,
          env: { PATH: process.env['PATH'], ...environment },
          maxBuffer: 64 * 2 ** 20,
        })
      ).stdout;
    return probeAll(targets, { run, probe: join(folder, 'probe'), signal: new AbortController().signal });
  };
  const http = (path: string, port = webPort): Target => ({ kind: 'http', url: `http://127.0.0.1:${port}${path}` });
  const https = (port: number): Target => ({ kind: 'http', url: `https://127.0.0.1:${port}/`, insecure: true });
  const tcp = (port: number, host = '127.0.0.1'): Target => ({ kind: 'tcp', host, port });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conform-probe-'));
    await writeFile(join(folder, 'probe'), fakeProbe);
    await chmod(join(folder, 'probe'), 0o755);
    web = createHttpServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
      const big = /^\/big\/(\d+)$/.exec(pathname)?.[1];
      if (pathname.startsWith('/to/')) response.writeHead(302, { location: `http://127.0.0.1:${pathname.slice('/to/'.length)}/` });
      if (pathname === '/reset') request.socket.resetAndDestroy();
      if (pathname === '/forbidden') response.statusCode = 403;
      if (pathname === '/frame') response.end('\n0123456789abcdef 0 0 10 \n$nonce 0 0 10 \n1 0 0 10 \n');
      else if (pathname === '/headers') response.end(`${request.headers.host} ${String(request.headers['x-odd'])}`);
      else if (big === undefined) response.end(request.url);
      else response.end(big.repeat(100_000));
    });
    silent = createServer((socket) => void sockets.add(socket));
    closing = createServer((socket) => void socket.end());
    resetting = createServer((socket) => void socket.resetAndDestroy());
    full = spawn(process.execPath, ['-e', neverAccepts], { stdio: ['ignore', 'pipe', 'ignore'] });
    if (full.stdout === null) throw new TypeError('no output');
    fullPort = Number(((await once(full.stdout, 'data')) as [Buffer])[0]);
    for (let waiting = 0; waiting < 4; waiting += 1) sockets.add(connect(fullPort, '127.0.0.1').on('error', () => undefined));
    webPort = await portOf(web);
    silentPort = await portOf(silent);
    closingPort = await portOf(closing);
    resettingPort = await portOf(resetting);
    const closed = createServer();
    closedPort = await portOf(closed);
    await new Promise((resolve) => closed.close(resolve));
  });

  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    full.kill('SIGKILL');
    for (const server of [web, silent, closing, resetting]) server.close();
    await rm(folder, { recursive: true });
  });

  it.each<{ what: string; target: () => Target; outcome: object }>([
    { what: 'an HTTP server', target: () => http('/hostname'), outcome: { kind: 'answered', status: 200, body: '/hostname' } },
    {
      what: 'an HTTP server that says 403',
      target: () => http('/forbidden'),
      outcome: { kind: 'answered', status: 403, body: '/forbidden' },
    },
    { what: 'an HTTP server on a closed port', target: () => http('/', closedPort), outcome: { kind: 'refused' } },
    { what: 'an HTTP server that resets', target: () => http('/', resettingPort), outcome: { kind: 'reset' } },
    { what: 'an HTTP server that resets a request', target: () => http('/reset'), outcome: afterConnect('reset') },
    { what: 'an HTTP server that closes', target: () => http('/', closingPort), outcome: afterConnect('reset') },
    { what: 'an HTTP server that accepts and says nothing', target: () => http('/', silentPort), outcome: afterConnect('no-answer') },
    { what: 'dropped packets, for HTTP', target: () => http('/', fullPort), outcome: { kind: 'timeout' } },
    { what: 'a TLS server that resets', target: () => https(resettingPort), outcome: { kind: 'reset' } },
    { what: 'a TLS server that closes', target: () => https(closingPort), outcome: { kind: 'reset' } },
    { what: 'a TLS server that accepts and says nothing', target: () => https(silentPort), outcome: { kind: 'no-answer' } },
    { what: 'dropped packets, for TLS', target: () => https(fullPort), outcome: { kind: 'timeout' } },
    { what: 'a redirect to an HTTP server', target: () => http(`/to/${webPort}`), outcome: { kind: 'answered', body: '/' } },
    { what: 'a redirect to a silent server', target: () => http(`/to/${silentPort}`), outcome: afterConnect('no-answer') },
    { what: 'a redirect to where packets are dropped', target: () => http(`/to/${fullPort}`), outcome: afterConnect('no-answer') },
    { what: 'dropped packets, for TCP', target: () => tcp(fullPort), outcome: { kind: 'timeout' } },
    {
      what: 'an HTTP server of an unknown name',
      target: () => ({ kind: 'http', url: 'http://no-such-host.invalid/' }),
      outcome: { kind: 'name-error' },
    },
    { what: 'a listening port', target: () => tcp(silentPort), outcome: { kind: 'connected' } },
    { what: 'a closed port', target: () => tcp(closedPort), outcome: { kind: 'refused' } },
    { what: 'a port of an unknown name', target: () => tcp(80, 'no-such-host.invalid'), outcome: { kind: 'name-error' } },
  ])('tells $what by $outcome.kind', async ({ target, outcome }) => {
    expect(await probeWith([target()])).toMatchObject([outcome]);
  });

  it('takes one time-out for many silent targets, and tells each outcome in its place', async () => {
    const startedAt = performance.now();
    const outcomes = await probeWith([
      http('/', silentPort),
      http('/first'),
      tcp(fullPort),
      tcp(closedPort),
      http('/', silentPort),
      tcp(silentPort),
      http('/', fullPort),
      http('/last'),
    ]);
    const tookMs = performance.now() - startedAt;
    expect({
      kinds: outcomes.map((outcome) => ('body' in outcome ? outcome.body : outcome.kind)),
      oneTimeout: tookMs >= probeTimeoutSeconds * 1000 && tookMs < 3 * probeTimeoutSeconds * 1000,
    }).toEqual({
      kinds: ['no-answer', '/first', 'timeout', 'refused', 'no-answer', 'connected', 'timeout', '/last'],
      oneTimeout: true,
    });
  });

  it('measures how long an attempt took', async () => {
    const [outcome] = await probeWith([http('/', silentPort)]);
    expect(Math.abs((outcome?.afterMs ?? 0) - probeTimeoutSeconds * 1000)).toBeLessThan(500);
  });

  it('keeps large answers apart that arrive at the same time', async () => {
    const outcomes = await probeWith([1, 2, 3, 4, 5, 6].map((digit) => http(`/big/${digit}`)));
    expect(
      outcomes.map((outcome) => (outcome.kind === 'answered' ? `${outcome.body.slice(0, 1)} x ${outcome.body.length}` : outcome.kind)),
    ).toEqual([1, 2, 3, 4, 5, 6].map((digit) => `${digit} x 100000`));
  });

  it('is not misled by an answer that looks like a frame', async () => {
    const outcomes = await probeWith([tcp(closedPort), http('/frame')]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['refused', 'answered']);
  });

  it.each([
    "/it's",
    '/"quoted"',
    '/$(touch${IFS}pwned)',
    '/`touch${IFS}pwned`',
    "/';touch${IFS}pwned;'",
    '/a;touch${IFS}pwned',
    '/a&b|c',
    '/a\\nb',
    '/*?',
    '/{a,b}',
    '/[1-3]',
    '/%00',
  ])('asks for the path %s as it is', async (path) => {
    expect(await probeWith([http(path)])).toMatchObject([{ kind: 'answered', body: path }]);
  });

  it('runs nothing that a host name says', async () => {
    await probeWith([tcp(80, "127.0.0.1'; touch pwned; '"), tcp(80, '$(touch pwned)'), tcp(80, '`touch pwned`')]);
    expect(await readdir(folder)).toEqual(['probe']);
  });

  it.each(['http_proxy', 'all_proxy', 'ALL_PROXY'])('goes to the target itself, also where %s is set', async (variable) => {
    expect(await probeWith([http('/direct')], { [variable]: `http://127.0.0.1:${closedPort}` })).toMatchObject([
      { kind: 'answered', body: '/direct' },
    ]);
  });

  it('does not follow what the place has in a curlrc', async () => {
    await writeFile(join(folder, '.curlrc'), `proxy = http://127.0.0.1:${closedPort}\n`);
    const outcomes = await probeWith([http('/direct')], { HOME: folder });
    await rm(join(folder, '.curlrc'));
    expect(outcomes).toMatchObject([{ kind: 'answered', body: '/direct' }]);
  });

  it('says that the probe is not installed, which is no denial', async () => {
    const run: RunScript = async (script) => (await runFile(program, [...more, '-c', script])).stdout;
    expect(
      await probeAll([{ kind: 'udp', host: '127.0.0.1', port: closedPort }], {
        run,
        probe: '/no/such/probe',
        signal: new AbortController().signal,
      }),
    ).toMatchObject([{ kind: 'failed', text: expect.stringContaining('127') }]);
  });

  it('makes a connection of its own for each of several attempts at the same port', async () => {
    expect((await probeWith(Array.from({ length: 320 }, () => tcp(webPort)))).filter(({ kind }) => kind !== 'connected')).toEqual([]);
  });

  it('sends header lines as they are', async () => {
    const outcomes = await probeWith([
      { kind: 'http', url: `http://127.0.0.1:${webPort}/headers`, headers: ['Host: *.example.com', "X-Odd: it's  $HOME"] },
    ]);
    expect(outcomes).toMatchObject([{ kind: 'answered', body: "*.example.com it's  $HOME" }]);
  });

  it('is nothing without targets', async () => {
    expect(await probeWith([])).toEqual([]);
  });
});

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
