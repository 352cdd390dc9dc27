import { expect, test } from 'vitest';
import { sampleRecord } from '../sample-record.ts';
import { environmentProperties } from './environment-properties.ts';

test('the environment has one line for each fact', () => {
  const record = sampleRecord();
  const text = environmentProperties({ ...record, cluster: { ...record.cluster, name: 'two\nlines\\x' } });
  expect(text).toContain('Cluster=two lines\\\\x, provider lab, profile as-written\n');
  expect(text).toContain('Capability\\ longhorn=stand-in for Longhorn v1.7: needs kernel modules that a namespace does not have\n');
  expect(text).toContain('Capability\\ node-power=absent: no power control was given\n');
  expect(text).toContain('Capability\\ calico=real, v3.28.2\n');
  expect(
    text
      .trimEnd()
      .split('\n')
      .every((line) => /^[^=]+=\S/.test(line)),
  ).toBe(true);
});

test('likely causes come before everything else', () => {
  const text = environmentProperties(sampleRecord({ causes: [{ part: 'node w02', evidence: 'Ready is Unknown' }] }));
  expect(text.split('\n')[0]).toBe('\\!\\!\\ Likely\\ cause\\ 1=node w02: Ready is Unknown');
});
