import type { V1Pod } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { type Ask, ofTheNode, plainContainer, privileges } from './forbidden-pods.ts';

const asks: readonly Ask[] = [...ofTheNode, ...privileges];
const podOf = (spec: object): V1Pod => ({ spec: spec as NonNullable<V1Pod['spec']> });

describe('a pod that exists', () => {
  it.each(asks.map((each) => [each.asks, each] as const))('has %s when it asked for it', (_, { spec, has }) => {
    expect(has(podOf(spec))).toBe(true);
  });

  it.each(asks.map((each) => [each.asks, each] as const))('has %s and nothing else', (asked, { spec }) => {
    expect(asks.filter(({ has }) => has(podOf(spec))).map((each) => each.asks)).toEqual([asked]);
  });

  it('has nothing of it when it is plain', () => {
    expect(asks.filter(({ has }) => has(podOf({ containers: [plainContainer] })))).toEqual([]);
  });

  it('has it when a container has that runs before the others', () => {
    const privileged = asks.find((each) => each.asks === 'privileged');
    const init = { ...plainContainer, securityContext: { privileged: true } };
    expect(privileged?.has(podOf({ containers: [plainContainer], initContainers: [init] }))).toBe(true);
  });
});
