import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Undo } from './journal.ts';
import { undoPlan } from './undo-plan.ts';

const deletion = (objectKind: string, name: string, namespace?: string): Undo => ({
  kind: 'delete',
  apiVersion: 'v1',
  objectKind,
  name,
  ...(namespace === undefined ? {} : { namespace }),
});
const command = (what: string): Undo => ({ kind: 'command', what, argv: ['true'] });

const undos = fc.array(
  fc.oneof(
    fc.nat(9).map((number) => command(String(number))),
    fc
      .record({ kind: fc.constantFrom('Pod', 'ConfigMap'), namespace: fc.constantFrom('a', 'b', undefined) })
      .map(({ kind, namespace }) => deletion(kind, 'x', namespace)),
    fc.constantFrom('a', 'b').map((name) => deletion('Namespace', name)),
  ),
);

describe('the plan of an undo', () => {
  it('restores the newest change first', () => {
    expect(undoPlan([command('first'), command('second')]).restores).toEqual([command('second'), command('first')]);
  });

  it('leaves objects to the namespace that takes them along, and its pods not', () => {
    const [namespace, map, pod] = [deletion('Namespace', 'n'), deletion('ConfigMap', 'm', 'n'), deletion('Pod', 'p', 'n')];
    const { deletions, along } = undoPlan([namespace, map, pod]);
    expect([deletions, [...along]]).toEqual([[pod, namespace], [['n', [map]]]]);
  });

  it('deletes what is in a namespace that stays', () => {
    const map = deletion('ConfigMap', 'm', 'default');
    expect(undoPlan([deletion('Namespace', 'n'), map]).deletions).toContainEqual(map);
  });

  it('has each change once', () => {
    fc.assert(
      fc.property(undos, (given) => {
        const { restores, deletions, along } = undoPlan(given);
        const planned = [...restores, ...deletions, ...[...along.values()].flat()];
        expect(planned).toHaveLength(given.length);
        expect(new Set(planned)).toEqual(new Set(given));
      }),
    );
  });

  it('leaves nothing to a namespace that is not deleted', () => {
    fc.assert(
      fc.property(undos, (given) => {
        const { deletions, along } = undoPlan(given);
        const namespaces = deletions.filter(({ objectKind }) => objectKind === 'Namespace').map(({ name }) => name);
        expect([...along.keys()].every((name) => namespaces.includes(name))).toBe(true);
      }),
    );
  });
});
