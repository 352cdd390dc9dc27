import { homedir } from 'node:os';
import { join } from 'node:path';

/** What can be made again: built components, root file systems, images. */
export function cacheFolder(): string {
  return folder('CONFORM_CACHE', 'XDG_CACHE_HOME', '.cache');
}

/** What belongs to labs that exist: their disks, logs and keys. */
export function stateFolder(): string {
  return folder('CONFORM_STATE', 'XDG_STATE_HOME', '.local/state');
}

/** XDG Base Directory Specification 0.8: a variable that is empty counts as unset. */
function folder(own: string, xdg: string, inHome: string): string {
  return process.env[own] || join(process.env[xdg] || join(homedir(), inHome), 'conform');
}
