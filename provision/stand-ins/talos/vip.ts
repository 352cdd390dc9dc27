/**
 * Stand-in for Talos's virtual IP (behaviour of Talos v1.11, internal/app/machined/pkg/controllers/network/operator/vip.go):
 * control planes campaign in their local etcd for a key with a lease of 60 s; the winner adds the address as a /32 to its
 * network card and announces it by gratuitous ARP; it gives up when its session ends, or when its kube-apiserver's static
 * pod is removed. A crashed kube-apiserver does not move the address, there as here. While it holds the address, it adds it
 * again when somebody takes it away, as Talos's AddressSpecController does (network/address_spec.go): that one looks at the
 * next change of any network card, this one at the loss of the address itself.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { keepAddress, removeAddress } from './kept-address.ts';

const run = promisify(execFile);
const node = required('NODE');
const address = required('VIP');
const link = 'eth0';
const electionKey = `talos:v1:vip:election:${address}`;
const staticPod = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const etcdctl = '/opt/lab/etcd/etcdctl';
const pki = '/etc/kubernetes/pki';
const connection = [
  '--endpoints=https://127.0.0.1:2379',
  `--cacert=${pki}/etcd-ca.crt`,
  `--cert=${pki}/etcd-client.crt`,
  `--key=${pki}/etcd-client.key`,
];

let campaign: ChildProcess | undefined;
let holding: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    campaign?.kill('SIGINT');
    void drop().finally(() => process.exit(0));
  });
}

await drop();
for (;;) {
  await until(() => existsSync(staticPod), `static pod ${staticPod}`);
  await resignStaleKey();
  await campaignOnce();
  await drop();
  await delay(1000);
}

/** One campaign: waits to be elected, holds the address while the session lives, returns when it has ended. */
async function campaignOnce(): Promise<void> {
  const child = spawn(etcdctl, [...connection, 'elect', electionKey, node], { stdio: ['ignore', 'pipe', 'inherit'] });
  campaign = child;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => {
    const before = output;
    output += data.toString();
    if (!elected(before) && elected(output)) hold(child);
  });
  const watch = setInterval(() => {
    if (existsSync(staticPod)) return;
    say(`${staticPod} is gone: resigning`);
    child.kill('SIGINT');
  }, 200);
  await ended;
  clearInterval(watch);
  campaign = undefined;
  say('campaign ended');
}

/** etcdctl prints the election's key and the own value, a line each, once elected. */
function elected(output: string): boolean {
  return output.includes(`\n${node}\n`);
}

/** Keeps the address until `drop`; ends the campaign when the card refuses it. */
function hold(child: ChildProcess): void {
  say('elected');
  const stop = new AbortController();
  const ended = keepAddress({ address, link, announce }, { signal: stop.signal, say }).catch((error: unknown) => {
    say(`cannot hold ${address}: ${String(error)}`);
    child.kill('SIGINT');
  });
  holding = { stop, ended };
}

/** Gratuitous ARP; an arping without fractions of a second takes the default interval. */
async function announce(): Promise<void> {
  for (const mode of ['-A', '-U']) {
    await run('arping', ['-q', mode, '-c', '3', '-i', '0.1', '-I', link, address]).catch(() =>
      run('arping', ['-q', mode, '-c', '3', '-I', link, address]),
    );
  }
}

/** Nobody adds the address again once it is removed. */
async function drop(): Promise<void> {
  holding?.stop.abort();
  await holding?.ended;
  holding = undefined;
  await removeAddress({ address, link });
}

/** After a power cycle the own key of the life before may still lead until its lease expires: Talos resigns it. */
async function resignStaleKey(): Promise<void> {
  const { stdout } = await run(etcdctl, [
    ...connection,
    '--command-timeout=5s',
    'get',
    '--prefix',
    `${electionKey}/`,
    '--sort-by=CREATE',
    '--limit=1',
    '--write-out=json',
  ]);
  const [leader] = (JSON.parse(stdout) as { kvs?: { key: string; value: string }[] }).kvs ?? [];
  if (leader === undefined || decode(leader.value) !== node) return;
  say('resigning the leadership of a life before');
  await run(etcdctl, [...connection, 'del', decode(leader.key)]);
}

async function until(condition: () => boolean, what: string): Promise<void> {
  if (!condition()) say(`waiting for ${what}`);
  while (!condition()) await delay(200);
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

function say(text: string): void {
  process.stdout.write(`vip: ${text}\n`);
}
