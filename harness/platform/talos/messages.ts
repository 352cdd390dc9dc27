/** Messages of the Talos API as they are decoded: 64-bit numbers as text, enumerations by name, nothing left out. */

/** Set by apid's proxy: which node answered, or why it could not. */
interface MessageMetadata {
  readonly hostname: string;
  readonly error: string;
  readonly status: { readonly code: number; readonly message: string } | null;
}

interface Message {
  readonly metadata: MessageMetadata | null;
}

/** An answer has one message for each node that was asked. */
export interface Answer<T> {
  readonly messages: readonly (T & Message)[];
}

export interface VersionMessage {
  readonly version: {
    readonly tag: string;
    readonly sha: string;
    readonly built: string;
    readonly goVersion: string;
    readonly os: string;
    readonly arch: string;
  };
  readonly platform: { readonly name: string; readonly mode: string };
  readonly features: { readonly rbac: boolean };
}

export interface ServiceInfo {
  readonly id: string;
  /** Initialized, Preparing, Waiting, Running, Stopping, Finished, Failed, Skipped, Starting. */
  readonly state: string;
  /** The newest last. */
  readonly events: { readonly events: readonly { readonly msg: string; readonly state: string }[] } | null;
  readonly health: { readonly unknown: boolean; readonly healthy: boolean; readonly lastMessage: string } | null;
}

export interface EtcdMember {
  /** Decimal. */
  readonly id: string;
  readonly hostname: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

export interface EtcdStatus {
  readonly memberId: string;
  readonly leader: string;
  readonly protocolVersion: string;
  readonly storageVersion: string;
  readonly dbSize: string;
  readonly dbSizeInUse: string;
  readonly raftIndex: string;
  readonly raftTerm: string;
  readonly raftAppliedIndex: string;
  readonly errors: readonly string[];
  readonly isLearner: boolean;
}

export interface EtcdAlarm {
  readonly memberId: string;
  readonly alarm: 'NONE' | 'NOSPACE' | 'CORRUPT';
}

/** Bytes, or for memory KiB, as text. */
export interface MountStat {
  readonly filesystem: string;
  readonly size: string;
  readonly available: string;
  readonly mountedOn: string;
}

/** KiB, as text (the fields of /proc/meminfo). */
export interface MemInfo {
  readonly memtotal: string;
  readonly memfree: string;
  readonly memavailable: string;
  readonly buffers: string;
  readonly cached: string;
}

/** How a new machine configuration is taken: with a reboot, without, at the next boot, or as Talos decides. */
export type ApplyMode = 'REBOOT' | 'AUTO' | 'NO_REBOOT' | 'STAGED' | 'TRY';

export interface ApplyResult {
  readonly warnings: readonly string[];
  /** What was chosen. */
  readonly mode: ApplyMode;
  readonly modeDetails: string;
}

/** A resource of COSI as it is sent. */
export interface ResourceMessage {
  readonly metadata: {
    readonly namespace: string;
    readonly type: string;
    readonly id: string;
    readonly version: string;
    readonly owner: string;
    readonly phase: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly yamlSpec: string } | null;
}
