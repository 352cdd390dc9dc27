/**
 * HTTP + JSON interface of an instance manager, on port 8500 of its pod (Longhorn v1.10 has gRPC there): the replicas and
 * engines that run in it. PUT makes it so and may be repeated; DELETE of what is not there is answered 200. An error is
 * answered with its status and `InstanceProblem` as body. Nothing survives the process: after a restart the list is empty,
 * the replicas' data is on the disk, and whoever wants an instance asks for it again.
 */

/** TCP port of the instance manager's API. */
export const instanceManagerPort = 8500;

/**
 * `running`: serves. `error`: has stopped to serve by itself, see `error`; an engine is in error when it has no healthy
 * replica left or its device is gone. Instances that were deleted are no longer listed: `stopped` is answered by DELETE.
 */
export type InstanceState = 'running' | 'error' | 'stopped';

/** `WO`: takes writes and is being rebuilt. `ERR`: failed; the engine has given it up and never takes it back by itself. */
export type ReplicaMode = 'RW' | 'WO' | 'ERR';

export interface ReplicaInstance {
  readonly kind: 'replica';
  readonly name: string;
  readonly volume: string;
  readonly state: InstanceState;
  readonly error: string;
  /** TCP port on the instance manager's address that engines connect to. */
  readonly port: number;
  /** `<pod IP>:<port>`, to be given to engines. */
  readonly address: string;
  /** Bytes that the volume offers. */
  readonly size: number;
  /** Bytes that the image file occupies on the disk (engine.status / volume.status.actualSize). */
  readonly actualSize: number;
  /** Folder of the data as the node sees it, for example /var/lib/longhorn/replicas/pvc-1-0123abcd. */
  readonly directory: string;
  /** True while an engine was writing to it and has not closed it in order; a replica that opens dirty must not be trusted over one that is not. */
  readonly dirty: boolean;
  /**
   * Generation of the data: raised on the replicas that an engine goes on with when it gives another one up. The highest
   * among the replicas of a volume is complete; in place of Longhorn's revision counter.
   */
  readonly revision: number;
  /** True while the data is incomplete, because a rebuild onto it has not ended. */
  readonly rebuilding: boolean;
}

export interface EngineReplica {
  readonly name: string;
  readonly address: string;
  readonly mode: ReplicaMode;
  /** Percent, 0 to 100, while mode is `WO`. */
  readonly rebuildProgress?: number;
  /** Why the mode is `ERR`. */
  readonly error?: string;
}

export interface EngineInstance {
  readonly kind: 'engine';
  readonly name: string;
  readonly volume: string;
  readonly state: InstanceState;
  readonly error: string;
  /** Block device on the node: /dev/longhorn/<volume>. Empty while there is none. */
  readonly endpoint: string;
  /** Bytes that the device offers. */
  readonly size: number;
  readonly replicas: readonly EngineReplica[];
}

export type Instance = ReplicaInstance | EngineInstance;

/** GET /v1/instances */
export interface InstanceList {
  readonly instances: readonly Instance[];
}

/**
 * PUT /v1/replicas/{name} -> ReplicaInstance. Opens the data in `directory`, or makes it, sparse, with `size` bytes.
 * A larger `size` than the data has grows it; a smaller one is refused (409).
 */
export interface ReplicaRequest {
  readonly volume: string;
  /** Bytes, a multiple of 4096. */
  readonly size: number;
  /** Absolute folder on the node, for example /var/lib/longhorn/replicas/pvc-1-0123abcd. */
  readonly directory: string;
}

/** DELETE /v1/replicas/{name}?data=keep|delete -> ReplicaInstance | InstanceGone. Without a running replica, `directory` says whose data to delete. */
export interface ReplicaDeletion {
  readonly data: 'keep' | 'delete';
  readonly directory?: string;
}

/**
 * PUT /v1/engines/{name} -> EngineInstance with endpoint. All named replicas must be complete: the engine opens them RW;
 * those that do not answer are listed as ERR; with none left the answer is 503. Of replicas with different
 * revisions only those with the highest become RW, the others ERR. Repeated for a running engine: no change, its state.
 */
export interface EngineRequest {
  readonly volume: string;
  readonly size: number;
  readonly replicas: readonly { readonly name: string; readonly address: string }[];
}

/**
 * PUT /v1/engines/{name}/replicas/{replica} -> EngineInstance, where it is `WO` until the rebuild has ended, then `RW`.
 * The replica must be running. What it has is replaced by what a healthy one has. A replica listed as ERR may be added again.
 */
export interface EngineReplicaRequest {
  readonly address: string;
  readonly rebuild: true;
}

/** PUT /v1/engines/{name}/size -> EngineInstance. Grows replicas and device; a smaller size is refused (409). */
export interface EngineSizeRequest {
  /** Bytes, a multiple of 4096. */
  readonly size: number;
}

/** Answer of a DELETE (of an engine, of a replica): what was there, now stopped, or only the name. */
export interface InstanceGone {
  readonly name: string;
  readonly state: 'stopped';
}

/** Body of every answer that is not 2xx: 400 bad request, 404 no such engine or replica, 409 refused, 503 no healthy replica, 500 anything else. */
export interface InstanceProblem {
  readonly error: string;
}
