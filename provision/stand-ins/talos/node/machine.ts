import type { Configuration } from './configuration.ts';
import type { Effects } from './effects.ts';
import type { Etcd } from './etcd.ts';
import type { Places } from './places.ts';

/** What was put into the machine, beside what can be read from it. */
export interface Hardware {
  readonly osDisk: { readonly name: string; readonly bytes: number };
  /** System extensions of the installed image. */
  readonly extensions: readonly { readonly name: string; readonly version: string; readonly description: string }[];
  /** Of the image factory: names the set of extensions. */
  readonly schematic: string;
  /** Members of the cluster, as Talos's discovery would have found them. */
  readonly members: readonly { readonly name: string; readonly address: string; readonly role: 'controlplane' | 'worker' }[];
}

/** The node that this API belongs to. */
export interface Machine {
  readonly places: Places;
  readonly configuration: Configuration;
  readonly effects: Effects;
  readonly etcd: Etcd;
  readonly hardware: Hardware;
  /** Ends the node; a test's node only notes it. */
  readonly end: (wish: 'reboot' | 'shutdown', options: { graceful: boolean }) => Promise<void>;
}

/** The release that the stand-in follows (guide: Cluster Specifications). */
export const talosVersion = 'v1.11.6';
