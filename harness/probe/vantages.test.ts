import { expect, it } from 'vitest';
import { capabilityOf } from './vantages.ts';

it.each([
  ['node', 'node-shell'],
  ['outside', 'outside-vantage'],
  ['lan', 'outside-vantage'],
] as const)('a probe from a vantage of kind %s touches the capability %s', (where, capability) => {
  expect(capabilityOf({ where })).toBe(capability);
});
