import { describe, expect, it } from 'vitest';
import { assignedNetworks, nonce, stableKey } from './stable-key.ts';

describe('the key of a subject', () => {
  it('does not contain the names of scratch objects', () => {
    const name = `conform-echo-${nonce()}`;
    expect(stableKey(`pod ${name} is Ready`)).toBe('pod conform-echo-* is Ready');
  });

  it('does not contain addresses that are given out anew in each run', () => {
    assignedNetworks(['10.244.0.0/16', '10.96.0.0/12']);
    expect(stableKey('10.244.17.5 -> 10.97.1.2:80')).toBe('* -> *:80');
  });

  it('keeps documented addresses, and versions that look like one', () => {
    assignedNetworks(['10.244.0.0/16']);
    expect(stableKey('192.168.29.10 serves v1.2.3.4567')).toBe('192.168.29.10 serves v1.2.3.4567');
  });
});
