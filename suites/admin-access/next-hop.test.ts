import { describe, expect, it } from 'vitest';
import { outcomeOf } from './next-hop.ts';

describe('the end of an attempt through a node', () => {
  it.each([
    ['a connection, whatever came then', '29100 28 1 0.004000 3.000000 timed out\n', { kind: 'connected', afterMs: 4 }],
    ['silence', '29100 28 0 0.000000 3.001000 Connection timed out\n', { kind: 'timeout', afterMs: 3001 }],
    ['a refusal', '29101 7 0 0.000000 0.100000 x\n29100 7 0 0.000000 0.002000 Connection refused\n', { kind: 'refused', afterMs: 2 }],
    ['no way', '29100 7 0 0.000000 0.002000 connect: No route to host\n', { kind: 'unreachable', afterMs: 2 }],
  ])('is %s', (_, output, outcome) => {
    expect(outcomeOf(output, 29_100)).toEqual(outcome);
  });

  it('is unknown where curl printed nothing of it', () => {
    expect(outcomeOf('29101 7 0 0.000000 0.1 x\n', 29_100).kind).toBe('failed');
  });
});
