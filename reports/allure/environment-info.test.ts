import { parseEnvInfo, stringifyEnvInfo } from 'allure-js-commons/sdk/reporter';
import { expect, test } from 'vitest';
import { sampleRecord } from '../sample-record.ts';
import { environmentInfo } from './environment-info.ts';

const record = sampleRecord();
const info = environmentInfo({ ...record, cluster: { ...record.cluster, name: 'two\nlines\\x' } });

test('the environment has one line for each fact', () => {
  expect(info['Cluster']).toBe('two lines\\x, provider lab, profile as-written');
  expect(info['Capability longhorn']).toBe('stand-in for Longhorn v1.7: needs kernel modules that a namespace does not have');
  expect(info['Capability node-power']).toBe('absent: no power control was given');
  expect(info['Capability calico']).toBe('real, v3.28.2');
  expect(Object.values(info).filter((value) => value === undefined || value === '' || value.includes('\n'))).toEqual([]);
});

test("every fact comes back as it is from the file that Allure's writer makes of it", () => {
  expect(parseEnvInfo(stringifyEnvInfo(info))).toEqual(info);
});
