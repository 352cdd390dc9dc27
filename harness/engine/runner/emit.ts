import { writeSync } from 'node:fs';
import { type RunEvent, eventLine } from './events.ts';

/** The file descriptor by which a program at the cluster tells its events (conversation.ts). */
const eventsDescriptor = 3;

const pause = new Int32Array(new SharedArrayBuffer(4));
const pauseMs = 5;

/**
 * Tells the command that started this program of an event, at once: what is told outlives the program. All events of a program
 * come from one thread, for lines of two threads could mix. Throws when nobody has started it that way.
 */
export function emit(event: RunEvent): void {
  let rest: Buffer = Buffer.from(eventLine(event));
  while (rest.length > 0) rest = rest.subarray(written(rest));
}

/** How much of it was taken. A reader that is gone takes everything: what the program has changed must still be taken back. */
function written(bytes: Buffer): number {
  try {
    return writeSync(eventsDescriptor, bytes);
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'EAGAIN':
        Atomics.wait(pause, 0, 0, pauseMs);
        return 0;
      case 'EPIPE':
        return bytes.length;
      case 'EBADF':
        throw new Error('nobody listens on file descriptor 3: checks are run by `conform verify`', { cause: error });
      default:
        throw error;
    }
  }
}
