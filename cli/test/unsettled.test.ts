import { expect, it } from 'vitest';
import { register } from '../../suites/register.ts';
import { unsettled } from './unsettled.ts';

it('what is not settled is in the register', () => {
  expect(Object.keys(unsettled).filter((id) => register.every((requirement) => requirement.id !== id))).toEqual([]);
});
