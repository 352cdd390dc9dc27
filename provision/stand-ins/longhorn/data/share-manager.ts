/**
 * Stand-in for Longhorn's share manager v1.10 (longhorn-share-manager): makes one shared volume (RWX) available to several
 * nodes.
 *
 * Does: waits for the volume's device, formats it when it is blank, mounts it, serves it on TCP port 2049; grows the file
 * system when the device has grown; ends with status 1 when the device is gone, so that Longhorn makes a new pod.
 *
 * Does not: NFS, because the lab's kernel has no client for it. What is served is SFTP without SSH (Debian's sftp-server),
 * to sshfs in the CSI plugin; no locks between nodes, no encryption, no recovery of open files after a fail-over.
 *
 * Environment: VOLUME_NAME, FS_TYPE.
 *
 * Faults: none; kill the pod, or close port 2049.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ensureMountPoint, formatAndMount, growFileSystem, unmount } from '../csi/file-systems.ts';
import { exportPath } from '../csi/share-mount.ts';

const run = promisify(execFile);
const sharePort = 2049;
const lookMs = 2000;
const probe = `${exportPath}/.longhorn-share-manager`;
const sftpServer = '/usr/lib/openssh/sftp-server';

const volume = process.env['VOLUME_NAME'] ?? '';
const fsType = process.env['FS_TYPE'] || 'ext4';
const device = `/dev/longhorn/${volume}`;

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => void unmount(exportPath).finally(() => process.exit(0)));
}

say(`waiting for ${device}`);
while (!existsSync(device)) await delay(lookMs / 10);
await ensureMountPoint(exportPath);
await formatAndMount(device, exportPath, fsType, fsType === 'xfs' ? ['nouuid'] : []);
await growFileSystem(device, exportPath);
await run('chmod', ['0777', exportPath]);
createServer(serve).listen(sharePort, '0.0.0.0', () => say(`serving ${volume} on port ${sharePort}`));
await watch();

/** One SFTP server a connection. */
function serve(socket: Socket): void {
  const server = spawn(sftpServer, ['-e'], { stdio: ['pipe', 'pipe', 'inherit'] });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, lookMs);
  socket.pipe(server.stdin);
  server.stdout.pipe(socket);
  socket.on('error', () => server.kill());
  socket.on('close', () => server.kill());
  server.stdin.on('error', () => socket.destroy());
  server.on('close', () => socket.destroy());
}

/** Follows the device: its size, and whether it still takes writes. */
async function watch(): Promise<never> {
  let size = await deviceSize();
  for (;;) {
    await delay(lookMs);
    const now = await deviceSize();
    if (now > size) await growFileSystem(device, exportPath);
    size = now;
    await run('sh', ['-c', `echo > ${probe} && sync ${probe} && rm ${probe}`]).catch((error: unknown) => {
      say(`the volume is gone: ${String(error)}`);
      process.exit(1);
    });
  }
}

async function deviceSize(): Promise<number> {
  return Number((await run('blockdev', ['--getsize64', device])).stdout);
}

function say(text: string): void {
  process.stdout.write(`share manager: ${text}\n`);
}
