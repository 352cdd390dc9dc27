import { expect, test } from 'vitest';
import { expectedBroken } from './case-expectation.ts';

test.each([
  [
    'IDs before the word',
    'NET-DNS-EXTERNAL ISO-INTERNET-EGRESS broken (names without a final dot)',
    ['NET-DNS-EXTERNAL', 'ISO-INTERNET-EGRESS'],
  ],
  ['no ID that only may be broken', 'NET-NODE-POD broken (on w01); NET-LB-EXTERNAL NET-KUBE-PROXY where w01 is client', ['NET-NODE-POD']],
  ['no ID that ought to be', 'ISO-EGRESS-HALF broken (on w02 alone); NET-POLICY-ENFORCED ought to be', ['ISO-EGRESS-HALF']],
  ['no ID that stays kept', 'COST-IDLE broken (register); ADM-WORKS-PROMETHEUS-TARGETS stays kept, and should', ['COST-IDLE']],
  ['no ID after the word', 'COST-RETENTION-30D broken (register), COST-RETENTION-ROOM; the flag is right', ['COST-RETENTION-30D']],
  [
    'a remark between two IDs',
    'COST-KSM-LABELLED COST-SCRAPE(only with both jobs) COST-IDLE broken',
    ['COST-KSM-LABELLED', 'COST-SCRAPE', 'COST-IDLE'],
  ],
  ['a line of an ID and a remark', "ISO-CROSS-TENANT-DENY (one port: open is 'refused')", ['ISO-CROSS-TENANT-DENY']],
  ['a sentence without the word', 'ISO-CROSS-TENANT-DENY should notice', []],
])('reads %s', (_, line, expected) => {
  expect(expectedBroken(`#!/bin/sh\n# Source: x\n# Expect:   ${line}\n# One line: NET-LB-AUTO broken\n`)).toEqual(expected);
});

test('a script without the line expects nothing', () => {
  expect(expectedBroken('#!/bin/sh\n')).toEqual([]);
});
