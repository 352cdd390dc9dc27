/**
 * A shared volume's mount on a node: SFTP by sshfs(1) to the volume's share manager, on the port of the NFS server that
 * the real one runs.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const mountTimeoutMs = 30_000;

/** What another node has written is seen after a second; nothing is kept of folders. */
const options = ['directport=2049', 'allow_other', 'reconnect', 'dir_cache=no', 'attr_timeout=1', 'entry_timeout=1', 'auto_cache'];

/** Where the share manager has the volume. */
export const exportPath = '/export';

/**
 * A share manager's node that is off answers nothing. TCP gives up on it after 15 min by itself; with this number of
 * tries after about 25 s, as long as Longhorn's NFS client takes to come back.
 */
const tries = '6';

export async function prepareShareMounts(): Promise<void> {
  await writeFile('/proc/sys/net/ipv4/tcp_retries2', tries);
}

/** `endpoint` is nfs://<address>/<volume>, as Longhorn's API has it. */
export async function mountShare(endpoint: string, target: string): Promise<void> {
  await run('sshfs', [`${shareHost(endpoint)}:${exportPath}`, target, '-o', options.join(',')], { timeout: mountTimeoutMs });
}

export function shareHost(endpoint: string): string {
  const { protocol, hostname } = new URL(endpoint);
  if (protocol !== 'nfs:' || hostname === '') throw new Error(`invalid share endpoint ${endpoint}`);
  return hostname;
}
