import type { V1Node } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { addressesOf } from '../../../guide/address.ts';
import { addressForEach, announcerOf, mayAnnounce } from './announcer-choice.ts';

const nodes = ['cp01', 'cp02', 'w01', 'w02', 'w03'];
const free = addressesOf({ first: '192.168.29.130', last: '192.168.29.190' });

describe('the node that announces an address', () => {
  it('is one of them, whatever their order', () => {
    for (const address of free) expect(announcerOf(address, nodes)).toBe(announcerOf(address, nodes.toReversed()));
  });

  it('is nobody where there is no node', () => {
    expect(announcerOf('192.168.29.130', [])).toBeUndefined();
  });
});

describe('addresses for each node', () => {
  it('are announced by all of them, each by its own', () => {
    const chosen = addressForEach(nodes, free);
    expect(chosen.map(({ node }) => node)).toEqual(nodes);
    expect(chosen.map(({ address }) => announcerOf(address, nodes))).toEqual(nodes);
  });

  it('leave out a node that no free address leads to', () => {
    expect(addressForEach(nodes, free.slice(0, 1))).toHaveLength(1);
  });
});

describe('the nodes that may announce', () => {
  const node = (name: string, ready: string, labels: Record<string, string> = {}): V1Node => ({
    metadata: { name, labels },
    status: { conditions: [{ type: 'Ready', status: ready }] },
  });

  it('are Ready and not excluded from load balancing, whatever the value of the label', () => {
    const label = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' };
    expect(mayAnnounce([node('w01', 'True'), node('w02', 'False'), node('cp01', 'True', label)])).toEqual(['w01']);
  });
});
