import type { V1LimitRange, V1Pod } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { claimsBeyond, containersThat, isAboveMax, isBelowMin, isUnconstrained, numbersOfLimits } from './living-limits.ts';

const range = (max: Record<string, string>, type = 'Container'): V1LimitRange => ({ spec: { limits: [{ type, max }] } });
const whole = { limits: { cpu: '2', memory: '4Gi' }, requests: { cpu: '50m', memory: '64Mi' } };
const container = (resources?: object) => ({ name: 'one', ...(resources === undefined ? {} : { resources }) });

describe('the numbers of living limits', () => {
  it.each<[string, V1LimitRange[], string, boolean]>([
    ['are as promised', [range({ cpu: '2', memory: '4Gi' })], '2', true],
    ['have drifted', [range({ cpu: '4', memory: '4Gi' })], '4', false],
    ['are of pods, not of containers', [range({ cpu: '2', memory: '4Gi' }, 'Pod')], 'not limited', false],
    ['are two', [range({ cpu: '2' }), range({ cpu: '4' })], '2, 4', false],
    ['are not there', [], 'not limited', false],
  ])('%s', (_, ranges, saw, held) => {
    const [cpu] = numbersOfLimits('canine-bob', { type: 'Container', name: 'max' }, ranges);
    expect(cpu).toMatchObject({ subject: 'canine-bob Container max cpu', expected: '2', saw, held });
  });

  it('read the defaults, which the client names otherwise', () => {
    const ranges: V1LimitRange[] = [{ spec: { limits: [{ type: 'Container', _default: { cpu: '500m', memory: '256Mi' } }] } }];
    const numbers = numbersOfLimits('canine-bob', { type: 'Container', name: 'default' }, ranges);
    expect(numbers.map(({ held }) => held)).toEqual([true, true]);
  });
});

describe('a living container', () => {
  it.each([
    ['with nothing', undefined, true],
    ['without a memory limit', { ...whole, limits: { cpu: '2' } }, true],
    ['with all four', whole, false],
  ])('%s is unconstrained: %s', (_, resources, expected) => {
    expect(isUnconstrained(container(resources))).toBe(expected);
  });

  it.each([
    ['at the limit', whole, false],
    ['above it in CPU', { limits: { cpu: '2001m', memory: '4Gi' } }, true],
    ['without a limit', undefined, true],
  ])('%s is above the maximum: %s', (_, resources, expected) => {
    expect(isAboveMax(container(resources))).toBe(expected);
  });

  it.each([
    ['at the limit', whole, false],
    ['below it in memory', { requests: { cpu: '50m', memory: '63Mi' } }, true],
    ['without a request', undefined, true],
  ])('%s is below the minimum: %s', (_, resources, expected) => {
    expect(isBelowMin(container(resources))).toBe(expected);
  });

  it('is named with its pod, init containers included, unless the pod has ended', () => {
    const pod = (name: string, phase: string): V1Pod => ({
      metadata: { name },
      spec: { initContainers: [{ name: 'init' }], containers: [{ name: 'one' }] },
      status: { phase },
    });
    expect(containersThat([pod('web', 'Running'), pod('job', 'Succeeded')], isUnconstrained)).toEqual(['web/init', 'web/one']);
  });
});

describe('a living claim', () => {
  const claim = (storage: string) => ({ metadata: { name: 'data' }, spec: { resources: { requests: { storage } } } });

  it.each([
    ['20Gi', 'max', []],
    ['21Gi', 'max', ['data 21Gi']],
    ['1Gi', 'min', []],
    ['1023Mi', 'min', ['data 1023Mi']],
  ] as const)('of %s against the %s', (storage, limit, beyond) => {
    expect(claimsBeyond([claim(storage)], limit)).toEqual(beyond);
  });
});
