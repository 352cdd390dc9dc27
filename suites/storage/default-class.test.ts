import { describe, expect, it } from 'vitest';
import { defaultClasses } from './default-class.ts';

const classOf = (name: string, annotations: Record<string, string> = {}) => ({ metadata: { name, annotations } });

describe('a StorageClass', () => {
  it.each([
    ['with the annotation', { 'storageclass.kubernetes.io/is-default-class': 'true' }, ['x']],
    ['with the annotation of the beta, which still counts', { 'storageclass.beta.kubernetes.io/is-default-class': 'true' }, ['x']],
    ['with the annotation at false', { 'storageclass.kubernetes.io/is-default-class': 'false' }, []],
    ['without it', {}, []],
  ])('%s is among the defaults: %j', (_, annotations, expected) => {
    expect(defaultClasses([classOf('other'), classOf('x', annotations)])).toEqual(expected);
  });
});
