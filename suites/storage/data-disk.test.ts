import { describe, expect, it } from 'vitest';
import { dataDiskConfiguration } from './data-disk.ts';

const twice = `
machine:
  disks:
    - {device: /dev/sdb, partitions: [{mountpoint: /var/mnt/longhorn}]}
    - {device: /dev/sdb, partitions: [{mountpoint: /var/lib/longhorn}]}
    - {device: /dev/sdc, partitions: [{mountpoint: /var/mnt/other}]}
  kubelet:
    extraMounts: [{destination: /var/lib/longhorn}, {destination: /var/lib/longhorn}]
`;

const volume = `
machine:
  kubelet: {extraMounts: [{destination: /var/mnt/longhorn}]}
---
kind: UserVolumeConfig
name: longhorn
provisioning: {diskSelector: {match: 'disk.dev_path == "/dev/sdb"'}}
---
kind: UserVolumeConfig
name: other
provisioning: {diskSelector: {match: 'disk.dev_path == "/dev/sdc"'}}
`;

describe('a machine configuration', () => {
  it('that names the disk twice has two mounts of it', () => {
    expect(dataDiskConfiguration(twice, '/dev/sdb')).toEqual({
      mounts: ['/var/mnt/longhorn', '/var/lib/longhorn'],
      extraMounts: ['/var/lib/longhorn', '/var/lib/longhorn'],
    });
  });

  it('with a user volume on the disk has the mount that Talos makes of it', () => {
    expect(dataDiskConfiguration(volume, '/dev/sdb')).toEqual({ mounts: ['/var/mnt/longhorn'], extraMounts: ['/var/mnt/longhorn'] });
  });

  it('without the disk has no mount of it', () => {
    expect(dataDiskConfiguration('machine: {}', '/dev/sdb')).toEqual({ mounts: [], extraMounts: [] });
  });
});
