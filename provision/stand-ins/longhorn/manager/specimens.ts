import { apiVersion } from './cluster.ts';
import type { Condition, InstanceManager, KubeNode, LonghornNode, Replica, Volume } from './objects.ts';
import { SettingReader } from './setting-values.ts';
import type { Surroundings, VolumeView } from './view.ts';
import { newReplica, newVolumeStatus } from './volume/new-objects.ts';

/** Objects for the tests of this folder: three workers with a disk of 100 GB, of which 30 % are reserved. */

export const gib = 2 ** 30;
const diskBytes = 100e9;

function condition(type: string, status: 'True' | 'False'): Condition {
  return { type, status, lastProbeTime: '', lastTransitionTime: '', reason: '', message: '' };
}

export function aNode(
  name: string,
  change: { available?: number; ready?: boolean; allowScheduling?: boolean; tags?: string[] } = {},
): LonghornNode {
  const { allowScheduling = true, available = diskBytes, ready = true, tags = [] } = change;
  return {
    apiVersion,
    kind: 'Node',
    metadata: { name },
    spec: {
      name,
      allowScheduling,
      evictionRequested: false,
      tags,
      instanceManagerCPURequest: 0,
      disks: {
        [`disk-${name}`]: {
          diskType: 'filesystem',
          path: '/var/lib/longhorn',
          diskDriver: '',
          allowScheduling: true,
          evictionRequested: false,
          storageReserved: 0.3 * diskBytes,
          tags: [],
        },
      },
    },
    status: {
      conditions: [condition('Ready', ready ? 'True' : 'False'), condition('Schedulable', 'True')],
      diskStatus: {
        [`disk-${name}`]: {
          conditions: [condition('Ready', 'True'), condition('Schedulable', 'True')],
          storageAvailable: available,
          storageMaximum: diskBytes,
          storageScheduled: 0,
          scheduledReplica: {},
          scheduledBackingImage: {},
          diskUUID: `uuid-${name}`,
          diskName: `disk-${name}`,
          diskPath: '/var/lib/longhorn',
          diskType: 'filesystem',
          diskDriver: '',
          filesystemType: 'xfs',
          instanceManagerName: '',
        },
      },
      region: '',
      zone: '',
      autoEvicting: false,
    },
  };
}

function aKubeNode(name: string, ready: boolean): KubeNode {
  return { metadata: { name }, spec: {}, status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }] } };
}

function anInstanceManager(node: string, running: boolean): InstanceManager {
  return {
    metadata: { name: `instance-manager-${node}` },
    spec: { image: 'image', nodeID: node, type: 'aio', dataEngine: 'v1', dataEngineSpec: { v2: { cpuMask: '' } } },
    status: {
      ownerID: node,
      currentState: running ? 'running' : 'unknown',
      instanceEngines: {},
      instanceReplicas: {},
      ip: '10.0.0.1',
      apiMinVersion: 1,
      apiVersion: 1,
      proxyApiMinVersion: 1,
      proxyApiVersion: 1,
    },
  };
}

/** The three workers; those named in `lost` are lost to Kubernetes. */
export function aroundWorkers(
  change: Partial<Surroundings> & { lost?: readonly string[]; values?: Record<string, string> } = {},
): Surroundings {
  const { lost = [], values = {}, ...rest } = change;
  const names = ['w01', 'w02', 'w03'];
  let counter = 0;
  return {
    nodes: names.map((name) => aNode(name, { ready: !lost.includes(name) })),
    kubeNodes: names.map((name) => aKubeNode(name, !lost.includes(name))),
    instanceManagers: names.map((name) => anInstanceManager(name, !lost.includes(name))),
    allReplicas: [],
    settings: new SettingReader((name) => values[name]),
    now: new Date('2026-01-01T00:00:00Z'),
    timeScale: 1,
    faults: new Set(),
    shareManagerImage: 'share-manager',
    suffix: () => String((counter += 1)).padStart(8, '0'),
    ...rest,
  };
}

export function aVolume(change: Partial<Volume['spec']> = {}, status: Partial<Volume['status']> = {}): Volume {
  return {
    apiVersion,
    kind: 'Volume',
    metadata: { name: 'vol', uid: 'uid' },
    spec: {
      size: String(5 * gib),
      numberOfReplicas: 3,
      nodeID: '',
      image: 'engine',
      accessMode: 'rwo',
      staleReplicaTimeout: 30,
      frontend: 'blockdev',
      ...change,
    } as Volume['spec'],
    status: { ...newVolumeStatus(), ...status },
  };
}

/** A healthy replica on a node. */
export function aReplica(node: string, change: Partial<Replica['spec']> = {}): Replica {
  const replica = newReplica(aVolume(), 'vol-e-0', node);
  Object.assign(replica.spec, {
    nodeID: node,
    diskID: `uuid-${node}`,
    diskPath: '/var/lib/longhorn',
    dataDirectoryName: `vol-${node}`,
    healthyAt: '2025-12-31T00:00:00Z',
    ...change,
  });
  return replica;
}

export function aView(volume: Volume, change: Partial<VolumeView> = {}): VolumeView {
  return { volume, engine: undefined, replicas: [], attachment: undefined, shareManager: undefined, events: [], ...change };
}
