import { describe, expect, test } from 'vitest';
import type { VolumeSpec } from '../objects.ts';
import { SettingReader } from '../setting-values.ts';
import { aReplica, aVolume, gib } from '../specimens.ts';
import { admitNewVolume, admitVolumeChange, completeVolume, type VolumeContext } from './volume-rules.ts';

const context: VolumeContext = {
  settings: new SettingReader((name) => (name === 'default-engine-image' ? 'engine' : undefined)),
  replicas: ['w01', 'w02', 'w03'].map((node) => aReplica(node)),
  backupTargets: ['default'],
};

const complete = (change: Partial<VolumeSpec> = {}): ReturnType<typeof completeVolume> => completeVolume(aVolume(change), true, context);

describe('completion', () => {
  test('fills what was left open', () => {
    const { spec, metadata } = complete({ numberOfReplicas: 0, size: '1' });
    expect(spec).toMatchObject({
      numberOfReplicas: 3,
      size: String(2 ** 21),
      dataLocality: 'disabled',
      image: 'engine',
      dataEngine: 'v1',
      backupBlockSize: String(2 ** 21),
      snapshotMaxCount: 250,
    });
    expect(metadata.finalizers).toEqual(['longhorn.io']);
  });

  test('keeps what was asked for', () => {
    expect(complete({ numberOfReplicas: 2, accessMode: 'rwx' }).spec).toMatchObject({ numberOfReplicas: 2, accessMode: 'rwx' });
  });
});

describe('a new volume', () => {
  test('is admitted', () => {
    expect(() => admitNewVolume(complete(), context)).not.toThrow();
  });

  test.each<[Partial<VolumeSpec>, string]>([
    [{ numberOfReplicas: 21 }, 'replica count value 21 must between 1 to 20'],
    [{ numberOfReplicas: -1 }, 'replica count value -1 must between 1 to 20'],
    [{ accessMode: 'rox' as 'rwo' }, 'invalid access mode: rox'],
    [{ dataLocality: 'near' }, 'invalid data locality mode: near'],
    [{ dataLocality: 'strict-local' }, 'number of replica count should be 1 when data locality is strict-local'],
    [{ frontend: 'tape' }, 'invalid volume frontend specified: tape for data engine v1 '],
    [{ backupTargetName: 'other' }, 'failed to get backup target other: backuptarget.longhorn.io "other" not found'],
    [{ snapshotMaxCount: 1 }, 'snapshot max count should be between 2 to 250'],
  ])('with %o is refused', (change, message) => {
    expect(() => admitNewVolume(complete(change), context)).toThrow(message);
  });
});

describe('a change', () => {
  const before = { ...complete({ nodeID: 'w01' }), status: aVolume({}, { state: 'attached', robustness: 'healthy' }).status };
  const sized = (bytes: number): typeof before => ({ ...before, spec: { ...before.spec, size: String(bytes) } });

  test('to a larger size is admitted', () => {
    expect(() => admitVolumeChange(before, sized(6 * gib), context)).not.toThrow();
  });

  test('to a smaller size is refused', () => {
    expect(() => admitVolumeChange(before, sized(4 * gib), context)).toThrow(
      `shrinking volume vol size from ${5 * gib} to ${4 * gib} is not supported`,
    );
  });

  test('of size while faulted is refused', () => {
    const faulted = { ...before, status: { ...before.status, robustness: 'faulted' as const } };
    expect(() => admitVolumeChange(faulted, sized(6 * gib), context)).toThrow('volume vol is not ready: volume is faulted');
  });

  test('of data engine is refused', () => {
    expect(() => admitVolumeChange(before, { ...before, spec: { ...before.spec, dataEngine: 'v2' } }, context)).toThrow(
      'changing data engine for volume vol is not supported',
    );
  });
});
