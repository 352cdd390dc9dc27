import { expect, it } from 'vitest';
import { FilterError, parseFilter } from './filter.ts';
import { emptyProperties } from './properties.ts';

const properties = {
  ...emptyProperties(),
  cluster: 'c1',
  namespace: 'canine-alice',
  pod: 'web-1',
  node: 'w01',
  controller: 'web',
  controllerKind: 'deployment',
  services: ['web'],
  labels: { app_kubernetes_io_name: 'shop', team: 'a' },
};

it.each([
  ['', true],
  ['namespace:"canine-alice"', true],
  ['namespace:"canine-bob"', false],
  ['namespace:"canine-bob","canine-alice"', true],
  ['namespace!:"canine-bob","canine-alice"', false],
  ['namespace<~:"canine-"', true],
  ['namespace~>:"-bob"', false],
  ['namespace!~>:"-bob"', true],
  ['namespace~:"nine"', true],
  ['label[team]:"a"', true],
  ['label[app.kubernetes.io/name]:"shop"', true],
  ['label[tier]:"__unallocated__"', true],
  ['label~:"team"', true],
  ['team:"a"', true],
  ['services~:"web"', true],
  ['controllerKind:"deployment" + controllerName:"web"', true],
  ['namespace:"x" | (node:"w01" + pod:"web-1")', true],
  ['namespace:"x" | (node:"w01" + pod:"other")', false],
])('%s is %s', (text, expected) => {
  expect(parseFilter(text)(properties)).toBe(expected);
});

it.each([
  'namespace:canine-alice',
  'namespace',
  'nosuch:"a"',
  'namespace:"a" +',
  '(namespace:"a"',
  'namespace:"a" + node:"b" | pod:"c"',
  'namespace:"ä',
  'namespace="a"',
])('refuses %s', (text) => {
  expect(() => parseFilter(text)).toThrow(FilterError);
});
