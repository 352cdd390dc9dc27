import { describe, expect, it } from 'vitest';
import { machineFaults, virtualMachines } from './vsphere-machines.ts';

const gibibyte = 1024 ** 3;
const answer = JSON.stringify({
  virtualMachines: [
    {
      name: 'w01',
      config: {
        hardware: {
          numCPU: 4,
          memoryMB: 8192,
          device: [{ capacityInBytes: 50 * gibibyte }, { capacityInBytes: 100 * gibibyte }, { macAddress: '00:50:56:00:00:01' }, {}],
        },
      },
      runtime: { powerState: 'poweredOn' },
      guest: { toolsRunningStatus: 'guestToolsRunning', hostName: 'w01', ipAddress: '192.168.29.21' },
    },
    { name: 'empty' },
  ],
});
const [worker, empty] = virtualMachines(answer);
if (worker === undefined || empty === undefined) throw new Error('two machines were told');

describe('a virtual machine', () => {
  it('is read with its disks and cards apart', () => {
    expect([worker.disks, worker.cards, worker.address]).toEqual([[50 * gibibyte, 100 * gibibyte], ['00:50:56:00:00:01'], '192.168.29.21']);
  });

  it('is as documented', () => {
    expect(machineFaults(worker, 'worker')).toEqual([]);
  });

  it('is not as documented for a control plane', () => {
    expect(machineFaults(worker, 'control-plane')).toEqual([
      '4 processors, not 2',
      '8192 MiB of memory, not 4096',
      'disks of 50 and 100 GiB, not 50',
    ]);
  });

  it('of which nothing is told is not as documented', () => {
    expect(machineFaults(empty, 'worker')).toEqual([
      '0 processors, not 4',
      '0 MiB of memory, not 8192',
      'disks of no GiB, not 50 and 100',
      '0 network cards',
      'off',
    ]);
  });
});
