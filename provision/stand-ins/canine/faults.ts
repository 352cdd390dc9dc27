import { setTimeout as delay } from 'node:timers/promises';

/** The lab's named faults of this stand-in: absent from the map, off; else their parameter. */
export interface Faults {
  parameter(name: FaultName): Promise<string | undefined>;
}

/** See the header of web.ts. */
export type FaultName = 'accept-any-token' | 'any-account' | 'database-down' | 'one-namespace' | 'secrets-in-config-map';

/** No switch is read more often than this. */
const freshMs = 1000;
/** A request waits no longer than this for the switches: an API server that is gone must not stop the dashboard. */
const patienceMs = 300;

/** Reads the switches at most once a second; while they cannot be read the last known ones stay. */
export function switchedBy(read: () => Promise<Readonly<Record<string, string>>>): Faults {
  let known: Readonly<Record<string, string>> = {};
  let readAt = -Infinity;
  let reading: Promise<void> = Promise.resolve();
  const refresh = async (): Promise<void> => {
    try {
      known = await read();
    } catch (error) {
      console.error(`faults: ${String(error)}`);
    }
  };
  return {
    async parameter(name) {
      if (performance.now() - readAt >= freshMs) {
        readAt = performance.now();
        reading = refresh();
      }
      await Promise.race([reading, delay(patienceMs, undefined, { ref: false })]);
      return known[name];
    },
  };
}
