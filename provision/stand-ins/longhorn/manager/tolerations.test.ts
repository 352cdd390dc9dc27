import { expect, test } from 'vitest';
import { tolerationsOf } from './tolerations.ts';

test('reads pairs and keys', () => {
  expect(tolerationsOf('dedicated=platform:NoSchedule; node:NoExecute')).toEqual([
    { key: 'dedicated', operator: 'Equal', value: 'platform', effect: 'NoSchedule' },
    { key: 'node', operator: 'Exists', effect: 'NoExecute' },
  ]);
});

test('an empty setting is no toleration', () => {
  expect(tolerationsOf('')).toEqual([]);
});
