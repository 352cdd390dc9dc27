import { describe, expect, test } from 'vitest';
import { settingDefinitions } from './setting-definitions.ts';
import { settingProblem, SettingReader, storedValue } from './setting-values.ts';

test.each(
  settingDefinitions()
    .filter((definition) => definition.default !== '')
    .map((definition) => [definition.name, definition.default]),
)('the default of %s is valid', (name, value) => {
  expect(settingProblem(name, value)).toBeUndefined();
});

describe('validation', () => {
  test.each([
    ['no-such-setting', '1', 'setting no-such-setting is not supported'],
    ['default-data-path', '', "required setting default-data-path shouldn't be empty"],
    ['storage-minimal-available-percentage', '101', 'value 101 for data engine all should be less than or equal to 100'],
    ['storage-minimal-available-percentage', '-1', 'value -1 for data engine all should be larger than or equal to 0'],
    [
      'storage-minimal-available-percentage',
      'many',
      'failed to parse value many for setting Storage Minimal Available Percentage: failed to parse single int value many: strconv.ParseInt: parsing "many": invalid syntax',
    ],
    ['auto-salvage', 'maybe', 'strconv.ParseBool: parsing "maybe": invalid syntax'],
    ['node-down-pod-deletion-policy', 'delete', 'value delete is not a valid choice, available choices [do-nothing'],
    ['default-replica-count', '21', 'value 21 for data engine v1 should be less than or equal to 20'],
    ['default-replica-count', '{"v1":"2"}', 'mismatched data engines for setting Default Replica Count'],
    ['auto-salvage', '{"v1":"true"}', 'JSON-formatted value is not supported for non-data-engine-specific setting'],
    ['snapshot-max-count', '1', 'snapshot-max-count should be between 2 and 250'],
  ])('%s = %s', (name, value, cause) => {
    expect(settingProblem(name, value)).toContain(
      `failed to validate setting ${name} with invalid value ${value}: value ${value} of settings ${name} is invalid: `,
    );
    expect(settingProblem(name, value)).toContain(cause);
  });

  test.each([
    ['storage-over-provisioning-percentage', '200'],
    ['default-replica-count', '2'],
    ['default-replica-count', '{"v1":"2","v2":"3"}'],
  ])('%s = %s is valid', (name, value) => {
    expect(settingProblem(name, value)).toBeUndefined();
  });
});

test('one value of a setting for each data engine is stored for all of them', () => {
  expect(storedValue('default-replica-count', '2')).toBe('{"v1":"2","v2":"2"}');
  expect(storedValue('auto-salvage', 'false')).toBe('false');
});

test('a reader takes the value of data engine v1, else the default', () => {
  const reader = new SettingReader((name) => (name === 'default-replica-count' ? '{"v1":"2","v2":"3"}' : undefined));
  expect(reader.number('default-replica-count')).toBe(2);
  expect(reader.number('storage-minimal-available-percentage')).toBe(25);
  expect(reader.flag('replica-soft-anti-affinity')).toBe(false);
});
