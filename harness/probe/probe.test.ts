import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type Server as HttpServer, createServer as createHttpServer } from 'node:http';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Outcome,
  type RunScript,
  type Target,
  blocked,
  classify,
  outcomeText,
  probeAll,
  probeTimeoutSeconds,
  reached,
} from './probe.ts';

describe('classify', () => {
  it.each([
    { what: 'agnhost that connected', code: 0, text: '', outcome: { kind: 'connected' } },
    { what: 'an HTTP answer', code: 0, text: 'hello\n200', outcome: { kind: 'answered', status: 200, body: 'hello' } },
    { what: 'an HTTP answer without a body', code: 0, text: '\n204', outcome: { kind: 'answered', status: 204, body: '' } },
    { what: 'an HTTP refusal', code: 0, text: 'denied\n403', outcome: { kind: 'answered', status: 403, body: 'denied' } },
    {
      what: 'an answer of several lines that ends like a status',
      code: 0,
      text: 'a\n500\n200',
      outcome: { kind: 'answered', status: 200, body: 'a\n500' },
    },
    {
      what: 'curl (28) operation timed out',
      code: 28,
      text: 'curl: (28) Connection timed out after 3001 milliseconds\n000',
      outcome: { kind: 'timeout' },
    },
    { what: 'agnhost TIMEOUT', code: 1, text: 'TIMEOUT\n', outcome: { kind: 'timeout' } },
    {
      what: 'curl (7) and agnhost REFUSED',
      code: 7,
      text: "curl: (7) Failed to connect to 10.0.0.1 port 80 after 0 ms: Couldn't connect to server\n000REFUSED",
      outcome: { kind: 'refused' },
    },
    { what: 'curl (7) alone', code: 7, text: "curl: (7) Couldn't connect to server", outcome: { kind: 'refused' } },
    { what: 'agnhost REFUSED', code: 1, text: 'REFUSED\n', outcome: { kind: 'refused' } },
    {
      what: 'agnhost without a route to the host',
      code: 1,
      text: 'OTHER: dial tcp 192.168.29.99:80: connect: no route to host',
      outcome: { kind: 'unreachable' },
    },
    {
      what: 'agnhost without a network',
      code: 1,
      text: 'OTHER: dial tcp 192.0.2.1:80: connect: network is unreachable',
      outcome: { kind: 'unreachable' },
    },
    {
      what: 'curl (7) and agnhost without a route',
      code: 7,
      text: "curl: (7) Couldn't connect to server\n000OTHER: dial tcp: connect: no route to host",
      outcome: { kind: 'unreachable' },
    },
    {
      what: 'curl (7) that says No route to host itself',
      code: 7,
      text: 'curl: (7) Failed to connect: No route to host',
      outcome: { kind: 'unreachable' },
    },
    {
      what: 'curl (6) could not resolve host',
      code: 6,
      text: 'curl: (6) Could not resolve host: nowhere',
      outcome: { kind: 'name-error', text: 'curl: (6) Could not resolve host: nowhere' },
    },
    {
      what: 'agnhost DNS',
      code: 1,
      text: 'DNS: lookup nowhere: no such host',
      outcome: { kind: 'name-error', text: 'DNS: lookup nowhere: no such host' },
    },
    {
      what: 'agnhost DNS whose names server is silent',
      code: 1,
      text: 'DNS: lookup nowhere on 10.96.0.10:53: read udp: i/o timeout',
      outcome: { kind: 'name-error', text: 'DNS: lookup nowhere on 10.96.0.10:53: read udp: i/o timeout' },
    },
    {
      what: 'curl (56) connection reset',
      code: 56,
      text: 'curl: (56) Recv failure: Connection reset by peer\n000',
      outcome: { kind: 'reset' },
    },
    { what: 'curl (52) empty reply', code: 52, text: 'curl: (52) Empty reply from server\n000', outcome: { kind: 'reset' } },
    { what: 'agnhost that was reset', code: 1, text: 'OTHER: read tcp: connection reset by peer', outcome: { kind: 'reset' } },
    {
      what: 'curl (60) self-signed certificate',
      code: 60,
      text: 'curl: (60) SSL certificate problem: self-signed certificate',
      outcome: { kind: 'untrusted', text: 'curl: (60) SSL certificate problem: self-signed certificate' },
    },
    {
      what: 'a probe that is not installed',
      code: 127,
      text: 'sh: 1: /agnhost: not found',
      outcome: { kind: 'failed', text: 'exit code 127: sh: 1: /agnhost: not found' },
    },
    { what: 'a probe that was killed', code: 137, text: 'Killed', outcome: { kind: 'failed', text: 'exit code 137: Killed' } },
    {
      what: 'agnhost UNKNOWN (bad arguments)',
      code: 1,
      text: 'UNKNOWN: address: missing port',
      outcome: { kind: 'failed', text: 'exit code 1: UNKNOWN: address: missing port' },
    },
    {
      what: 'curl (3) malformed URL',
      code: 3,
      text: 'curl: (3) URL rejected',
      outcome: { kind: 'failed', text: 'exit code 3: curl: (3) URL rejected' },
    },
    { what: 'no exit code', code: Number.NaN, text: '', outcome: { kind: 'failed', text: 'exit code NaN: ' } },
  ])('takes $what for $outcome.kind', ({ code, text, outcome }) => {
    expect(classify(code, text, 40)).toEqual({ ...outcome, afterMs: 40 });
  });

  it.each([
    {
      what: 'the body of an answer that was cut off',
      code: 18,
      text: 'TIMEOUT REFUSED DNS\n200curl: (18) transfer closed',
      kind: 'failed',
    },
    {
      what: 'the body of an answer that was reset',
      code: 56,
      text: 'TIMEOUT\n200curl: (56) Recv failure: Connection reset by peer',
      kind: 'reset',
    },
    { what: 'a host name', code: 1, text: 'DNS: lookup TIMEOUT.example.com: no such host', kind: 'name-error' },
    {
      what: "the names server's path",
      code: 1,
      text: 'DNS: lookup web on 10.96.0.10:53: dial udp: connect: network is unreachable',
      kind: 'name-error',
    },
  ])('is not misled by words in $what', ({ code, text, kind }) => {
    expect(classify(code, text, 0).kind).toBe(kind);
  });
});

const every: Record<Outcome['kind'], Outcome> = {
  connected: { kind: 'connected', afterMs: 10 },
  answered: { kind: 'answered', status: 200, body: 'secret', afterMs: 10 },
  resolved: { kind: 'resolved', code: 'NOERROR', addresses: ['10.96.0.1'], afterMs: 10 },
  timeout: { kind: 'timeout', afterMs: 3000 },
  refused: { kind: 'refused', afterMs: 10 },
  reset: { kind: 'reset', afterMs: 10 },
  unreachable: { kind: 'unreachable', afterMs: 3000 },
  'name-error': { kind: 'name-error', text: 'no such host\n', afterMs: 10 },
  untrusted: { kind: 'untrusted', text: 'self-signed\n', afterMs: 10 },
  failed: { kind: 'failed', text: 'exit code 127\n', afterMs: 0 },
};

describe.each([
  { kind: 'connected', isReached: true, isBlocked: false, text: 'connected after 10 ms' },
  { kind: 'answered', isReached: true, isBlocked: false, text: 'answered 200 after 10 ms' },
  { kind: 'resolved', isReached: true, isBlocked: false, text: 'NOERROR 10.96.0.1 after 10 ms' },
  { kind: 'timeout', isReached: false, isBlocked: true, text: 'timeout after 3000 ms' },
  { kind: 'refused', isReached: false, isBlocked: false, text: 'refused after 10 ms' },
  { kind: 'reset', isReached: false, isBlocked: true, text: 'reset after 10 ms' },
  { kind: 'unreachable', isReached: false, isBlocked: false, text: 'unreachable after 3000 ms' },
  { kind: 'name-error', isReached: false, isBlocked: false, text: 'name-error: no such host' },
  { kind: 'untrusted', isReached: true, isBlocked: false, text: 'untrusted: self-signed' },
  { kind: 'failed', isReached: false, isBlocked: false, text: 'failed: exit code 127' },
] as const)('the outcome $kind', ({ kind, isReached, isBlocked, text }) => {
  it(`is ${isReached ? '' : 'not '}reached`, () => expect(reached(every[kind])).toBe(isReached));
  it(`is ${isBlocked ? '' : 'not '}blocked`, () => expect(blocked(every[kind])).toBe(isBlocked));
  it(`reads: ${text}`, () => expect(outcomeText(every[kind])).toBe(text));
});

/** Plays the place: what it prints for a batch, given the batch's nonce. */
const printing =
  (print: (nonce: string) => string): RunScript =>
  async (script) =>
    print(/echo "([0-9a-f]+) /.exec(script)?.[1] ?? 'the script has no nonce');
const line = (nonce: string, index: number, ms: number): string => `${nonce} ${index} 0 ${ms}`;
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
    const [first, second] = [0, 1].map((index) => Buffer.from(`body of ${index}\n200`).toString('base64'));
    const print = (nonce: string): string =>
      [
        `${nonce} 0 + ${first?.slice(0, 7)}`,
        `${nonce} 1 + ${second?.slice(0, 5)}`,
        `${nonce} 0 + ${first?.slice(7)}`,
        line(nonce, 0, 10),
        `${nonce} 1 + ${second?.slice(5)}`,
        line(nonce, 1, 20),
      ].join('\n');
    expect(await ask(2, print)).toMatchObject([{ body: 'body of 0' }, { body: 'body of 1' }]);
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
  { url: 'http://web/', at: 'web:80' },
  { url: 'https://web/', at: 'web:443' },
  { url: 'https://web:6443/', at: 'web:6443' },
])('a closed port of $url is told from no route by trying $at', async ({ url, at }) => {
  let script = '';
  const run: RunScript = async (text) => (script = text);
  await probeAll([{ kind: 'http', url }], { run, probe: '/agnhost', signal: new AbortController().signal });
  expect(script).toContain(at);
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
socket.on('error', ({ code, message }) => end(code === 'ECONNREFUSED' ? 'REFUSED' : code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? 'DNS: ' + message : 'OTHER: ' + message));
`;

const runFile = promisify(execFile);

describe('a batch that sh runs', { timeout: 30_000 }, () => {
  let folder = '';
  let web: HttpServer;
  let silent: Server;
  let resetting: Server;
  let webPort = 0;
  let silentPort = 0;
  let resettingPort = 0;
  let closedPort = 0;
  const sockets = new Set<Socket>();

  const probeWith = (targets: readonly Target[], environment: Record<string, string> = {}): Promise<Outcome[]> => {
    const run: RunScript = async (script, signal) =>
      (
        await runFile('sh', ['-c', script], {
          signal,
          cwd: folder,
          env: { PATH: process.env['PATH'], ...environment },
          maxBuffer: 64 * 2 ** 20,
        })
      ).stdout;
    return probeAll(targets, { run, probe: join(folder, 'probe'), signal: new AbortController().signal });
  };
  const http = (path: string, port = webPort): Target => ({ kind: 'http', url: `http://127.0.0.1:${port}${path}` });
  const tcp = (port: number, host = '127.0.0.1'): Target => ({ kind: 'tcp', host, port });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conform-probe-'));
    await writeFile(join(folder, 'probe'), fakeProbe);
    await chmod(join(folder, 'probe'), 0o755);
    web = createHttpServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
      const big = /^\/big\/(\d+)$/.exec(pathname)?.[1];
      if (pathname === '/forbidden') response.statusCode = 403;
      if (pathname === '/frame') response.end('\n0123456789abcdef 0 0 10 \n$nonce 0 0 10 \n1 0 0 10 \n');
      else if (big === undefined) response.end(request.url);
      else response.end(big.repeat(300_000));
    });
    silent = createServer((socket) => void sockets.add(socket));
    resetting = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    webPort = await portOf(web);
    silentPort = await portOf(silent);
    resettingPort = await portOf(resetting);
    const closed = createServer();
    closedPort = await portOf(closed);
    await new Promise((resolve) => closed.close(resolve));
  });

  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    for (const server of [web, silent, resetting]) server.close();
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
      http('/', silentPort),
      tcp(closedPort),
      http('/', silentPort),
      tcp(silentPort),
      http('/', silentPort),
      http('/last'),
    ]);
    const tookMs = performance.now() - startedAt;
    expect({
      kinds: outcomes.map((outcome) => ('body' in outcome ? outcome.body : outcome.kind)),
      oneTimeout: tookMs >= probeTimeoutSeconds * 1000 && tookMs < 2 * probeTimeoutSeconds * 1000,
    }).toEqual({
      kinds: ['timeout', '/first', 'timeout', 'refused', 'timeout', 'connected', 'timeout', '/last'],
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
    ).toEqual([1, 2, 3, 4, 5, 6].map((digit) => `${digit} x 300000`));
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
    const run: RunScript = async (script) => (await runFile('sh', ['-c', script])).stdout;
    expect(
      await probeAll([{ kind: 'udp', host: '127.0.0.1', port: closedPort }], {
        run,
        probe: '/no/such/probe',
        signal: new AbortController().signal,
      }),
    ).toMatchObject([{ kind: 'failed', text: expect.stringContaining('127') }]);
  });

  it('is nothing without targets', async () => {
    expect(await probeWith([])).toEqual([]);
  });
});

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
