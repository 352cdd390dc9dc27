import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Mounts a folder in a mount namespace of its own, as a lab does, until the function that is returned is called. */
export async function bindInOtherNamespace(source: string, target: string): Promise<() => Promise<void>> {
  const script = 'mount --bind "$1" "$2" && echo ready && exec sleep 60';
  const child = spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', source, target], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
}
