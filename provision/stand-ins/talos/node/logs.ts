import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Places } from './places.ts';
import { follow } from './run.ts';
import { unitOf } from './services.ts';

export interface LogWish {
  readonly id: string;
  /** Negative: all. */
  readonly tailLines: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** A service's log, oldest line first; throws with Talos's words when there is no such log. */
export function serviceLog({ logs }: Places, { id, tailLines, ...wish }: LogWish): Readable {
  const file = join(logs, unitOf(id) ?? '', 'current');
  if (unitOf(id) === undefined || !existsSync(file)) throw new Error(`log "${id}" was not registered`);
  const count = tailLines < 0 ? '+1' : String(tailLines);
  return follow('tail', ['-n', count, ...(wish.follow ? ['-F'] : []), file], wish.signal).stdout;
}

/** The kernel's messages: those of the machine that the lab runs on, for all nodes have one kernel. */
export function kernelLog(signal: AbortSignal): Readable {
  return follow('dmesg', [], signal).stdout;
}
