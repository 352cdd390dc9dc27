import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConfigDocument, decodeConfiguration } from '../../../../harness/platform/talos/machine-config/decode.ts';

/** What the stand-in reads of the main document. */
export interface MainDocument {
  readonly machine?: {
    readonly type?: string;
    readonly ca?: { readonly crt?: string; readonly key?: string };
    readonly acceptedCAs?: readonly unknown[];
    readonly disks?: readonly {
      readonly device?: string;
      readonly partitions?: readonly { readonly size?: unknown; readonly mountpoint?: string }[];
    }[];
    readonly install?: { readonly disk?: string; readonly diskSelector?: object; readonly image?: string };
    readonly kubelet?: {
      readonly image?: string;
      readonly extraMounts?: readonly object[];
      readonly nodeIP?: { readonly validSubnets?: readonly string[] };
    };
    readonly network?: MachineNetwork;
    readonly sysctls?: Readonly<Record<string, string>>;
  };
  readonly cluster?: {
    readonly id?: string;
    readonly secret?: string;
    readonly clusterName?: string;
    readonly controlPlane?: { readonly endpoint?: string };
    readonly ca?: { readonly crt?: string; readonly key?: string };
    readonly etcd?: object;
    readonly discovery?: { readonly enabled?: boolean };
    readonly network?: {
      readonly cni?: { readonly name?: string; readonly urls?: readonly string[] };
      readonly dnsDomain?: string;
      readonly podSubnets?: readonly string[];
      readonly serviceSubnets?: readonly string[];
    };
  };
  readonly persist?: boolean;
}

interface MachineNetwork {
  readonly hostname?: string;
  readonly interfaces?: readonly Interface[];
  readonly extraHostEntries?: readonly { readonly ip: string; readonly aliases?: readonly string[] }[];
  readonly kubespan?: { readonly enabled?: boolean; readonly mtu?: number };
}

export interface Interface {
  readonly interface?: string;
  readonly deviceSelector?: object;
  readonly dhcp?: boolean;
  readonly ignore?: boolean;
  readonly addresses?: readonly string[];
  readonly cidr?: string;
  readonly routes?: readonly { readonly network?: string; readonly gateway?: string; readonly metric?: number }[];
  readonly vip?: { readonly ip?: string };
  readonly vlans?: readonly { readonly vip?: { readonly ip?: string } }[];
  readonly bond?: object;
  readonly bridge?: object;
}

/** The machine configuration of a node: the active one in memory, the persistent one on its disk. */
export class Configuration {
  #text: string;
  #documents: readonly ConfigDocument[];
  #version = 1;
  readonly #file: string;

  private constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
    this.#documents = decodeConfiguration(text);
  }

  /** Loads what the disk holds. */
  static async load(stateFolder: string): Promise<Configuration> {
    const file = join(stateFolder, 'config.yaml');
    return new Configuration(file, await readFile(file, 'utf8'));
  }

  /** The active configuration. */
  get text(): string {
    return this.#text;
  }

  get documents(): readonly ConfigDocument[] {
    return this.#documents;
  }

  get main(): MainDocument {
    return mainOf(this.#documents);
  }

  /** How often the active configuration has changed since the node started, from 1. */
  get version(): number {
    return this.#version;
  }

  get isControlPlane(): boolean {
    return isControlPlane(this.main);
  }

  /** Makes it the active configuration. */
  activate(text: string): void {
    this.#documents = decodeConfiguration(text);
    this.#text = text;
    this.#version += 1;
  }

  /** Puts it on the disk: whole or not at all, and there to stay when this returns. */
  async persist(text: string): Promise<void> {
    const next = `${this.#file}.next`;
    const handle = await open(next, 'w', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(next, this.#file);
  }

  async persistent(): Promise<string> {
    return readFile(this.#file, 'utf8');
  }
}

export function mainOf(documents: readonly ConfigDocument[]): MainDocument {
  return documents.find(({ kind }) => kind === 'v1alpha1')?.value ?? {};
}

export function isControlPlane({ machine }: MainDocument): boolean {
  return machine?.type === 'controlplane' || machine?.type === 'init';
}
