import type { Machine } from '../node/machine.ts';

/** A resource before it is encoded. */
export interface Resource {
  readonly id: string;
  /** Becomes YAML; a text is taken as YAML already. */
  readonly spec: unknown;
  readonly version?: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A type of resource that the node has. */
export interface ResourceType {
  readonly type: string;
  readonly namespace: string;
  /** Names that talosctl takes for it, beside its plural and singular. */
  readonly aliases?: readonly string[];
  /** Only for the role os:admin: it holds secrets, or Talos takes it for such. */
  readonly sensitive?: true;
  readonly columns?: readonly (readonly [name: string, jsonPath: string])[];
  read(machine: Machine): Promise<Resource[]>;
}
