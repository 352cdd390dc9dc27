import { describe, expect, it } from 'vitest';
import type { EtcdMember } from '../../harness/platform/talos/messages.ts';
import { entriesApart, mayLose, memberFaults } from './etcd-members.ts';

const controlPlanes = [
  { name: 'cp01', address: '192.168.29.11' },
  { name: 'cp02', address: '192.168.29.12' },
];
const member = (hostname: string, address: string): EtcdMember => ({
  id: address,
  hostname,
  peerUrls: [`https://${address}:2380`],
  clientUrls: hostname === '' ? [] : [`https://${address}:2379`],
  isLearner: false,
});
const whole = [member('cp01', '192.168.29.11'), member('cp02', '192.168.29.12')];

describe('a list of members', () => {
  it('is right with each control plane once', () => {
    expect(memberFaults(whole, controlPlanes)).toEqual([]);
  });

  it('is wrong with a member that never started, although each control plane is there', () => {
    expect(memberFaults([...whole, member('', '192.168.29.14')], controlPlanes)).toEqual([
      'a member without a name (https://192.168.29.14:2380) has never started',
    ]);
  });

  it('is wrong with a started member that is no control plane', () => {
    expect(memberFaults([...whole, member('w01', '192.168.29.21')], controlPlanes)).toEqual([
      'w01 (https://192.168.29.21:2380) is no control plane',
    ]);
  });

  it('is wrong without a control plane', () => {
    expect(memberFaults(whole.slice(0, 1), controlPlanes)).toEqual(['cp02 is no member']);
  });

  it('is wrong with a control plane at another address', () => {
    expect(memberFaults([...whole.slice(0, 1), member('cp02', '192.168.29.13')], controlPlanes)).toEqual([
      'cp02 (https://192.168.29.13:2380) is not at 192.168.29.12',
    ]);
  });

  it('is wrong with a control plane that has no vote', () => {
    const learner = { ...member('cp02', '192.168.29.12'), isLearner: true };
    expect(memberFaults([...whole.slice(0, 1), learner], controlPlanes)).toEqual(['cp02 (https://192.168.29.12:2380) has no vote']);
  });
});

describe('members may be lost', () => {
  it.each([
    [1, 0],
    [2, 0],
    [3, 1],
    [4, 1],
    [5, 2],
  ])('of %i, %i', (members, most) => {
    expect(mayLose(members)).toBe(most);
  });
});

it('entries apart are those from the last member to the foremost, whatever their order', () => {
  const at = (raftIndex: string): { raftIndex: string } => ({ raftIndex });
  expect([entriesApart([at('7'), at('9007199254740995'), at('9007199254740993')]), entriesApart([at('5')]), entriesApart([])]).toEqual([
    9007199254740988, 0, 0,
  ]);
});
