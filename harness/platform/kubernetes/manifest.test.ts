import { describe, expect, it } from 'vitest';
import { fillTemplate, objectsOf } from './manifest.ts';

describe('a manifest', () => {
  it('is its documents, with values put in', () => {
    expect(objectsOf('kind: A\nmetadata: {name: "${NAME}"}\n---\nkind: B\n', { NAME: 'one' })).toEqual([
      { kind: 'A', metadata: { name: 'one' } },
      { kind: 'B' },
    ]);
  });

  it('with a placeholder that has no value is refused', () => {
    expect(() => objectsOf('kind: "${KIND}"', {})).toThrow('asks for ${KIND}, which has no value');
  });

  it('without a place for a value is refused', () => {
    expect(() => objectsOf('kind: A', { NAMESPACE: 'x' })).toThrow('has no place for NAMESPACE');
  });
});

describe('a template', () => {
  it('keeps a variable for a shell, which is written with two dollars', () => {
    expect(fillTemplate('echo $${HOME} of ${NAME}', { NAME: 'alice' })).toBe('echo ${HOME} of alice');
  });

  it('names its file when a placeholder has no value', () => {
    expect(() => fillTemplate('${NS}', {}, '/steps/tenant.yaml')).toThrow('/steps/tenant.yaml asks for ${NS}, which has no value');
  });

  it('names its file when a value has no place', () => {
    expect(() => fillTemplate('', { NS: 'x' }, '/steps/tenant.yaml')).toThrow('/steps/tenant.yaml has no place for NS');
  });

  it('puts in values that look like placeholders or patterns as they are', () => {
    expect(fillTemplate('${A} ${B}', { A: '${B}', B: '$&' })).toBe('${B} $&');
  });
});
