/**
 * Stand-in for tgtd, the iSCSI target that Longhorn's instance manager starts (Longhorn's own branch of it, with the backing
 * store `longhorn`), and for the half of the kernel's initiator that makes a disk of a session.
 *
 * Does: for tgtadm and iscsiadm (the scripts beside this file) what Longhorn's engine v1.10 calls; a logical unit is a FUSE
 * file whose reads, writes and discards go to the engine's socket, a session is a loop device on it. At most 16 requests of
 * 256 KiB a volume are under way. A disk whose target is gone, or whose tgtd was killed, gives I/O errors at once.
 *
 * Does not: SCSI or iSCSI, so no session that waits for its target to come back (120 s in Linux), no reservations, no request
 * time-out (an engine that is stopped holds its requests), and no reload of the engine's socket, which a live upgrade of an
 * engine asks for with sg_raw.
 *
 * Faults: none; kill it.
 */
import { mkdir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { withOwnMounts } from './own-mounts.ts';
import { Targets } from './targets.ts';

const controlSocket = '/var/run/tgtd.sock';
const portalPort = 3260;
/** Where Longhorn shows the node's root file system in the pod. */
const hostRoot = '/host';

/** One call of tgtadm or iscsiadm, in bytes; theirs have a few hundred. */
const maxRequestBytes = 65_536;

await withOwnMounts(hostRoot);
const targets = new Targets();

const portal: Readonly<Record<string, (target: string) => Promise<string>>> = {
  list: async () => targets.names().join('\n'),
  login: async (target) => targets.lunOf(target).login(),
  logout: async (target) =>
    targets
      .lunOf(target)
      .logout()
      .then(() => ''),
  rescan: async (target) =>
    targets
      .lunOf(target)
      .rescan()
      .then(() => ''),
};

await mkdir(dirname(controlSocket), { recursive: true });
await rm(controlSocket, { force: true });
serve((lines) => targets.administer(lines)).listen(controlSocket);
serve(async ([verb = '', target = '']) => {
  const perform = portal[verb];
  if (perform === undefined) throw new Error(`no such request: ${verb}`);
  return perform(target);
}).listen(portalPort, '0.0.0.0', () => process.stdout.write(`tgtd: serving targets on port ${portalPort}\n`));

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void targets.removeAll().finally(() => process.exit(0)));

/** One request a connection: lines until the caller closes its half, then a line that says how it went, and what is printed. */
function serve(perform: (lines: string[]) => Promise<string>): Server {
  return createServer({ allowHalfOpen: true }, (socket) => {
    void readRequest(socket)
      .then(perform)
      .then(
        (text) => socket.end(text === '' ? 'ok\n' : `ok\n${text.trimEnd()}\n`),
        (error: unknown) => socket.end(`${error instanceof Error ? error.message : String(error)}\n`),
      );
    // A caller that has gone needs no answer.
    socket.on('error', () => socket.destroy());
  });
}

async function readRequest(socket: Socket): Promise<string[]> {
  let text = '';
  for await (const chunk of socket) {
    text += String(chunk);
    if (text.length > maxRequestBytes) throw new Error('the request is too long');
  }
  return text.split('\n').slice(0, -1);
}
