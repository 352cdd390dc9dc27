import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errata } from '../../guide/errata.ts';
import { correctionPlaces, reasonUncorrected } from './corrections.ts';
import { guideSteps } from './guide-steps.ts';

const home = join(import.meta.dirname, '../..');
const places = correctionPlaces();
const files = [...places].flatMap(([id, found]) => found.flatMap(({ file, what }) => (file === undefined ? [] : [{ id, file, what }])));
const read = (file: string): string => readFileSync(join(home, file), 'utf8');

describe('the corrections', () => {
  it('or a reason for none are there for every erratum', () => {
    expect(errata.filter(({ id }) => !places.has(id) && reasonUncorrected(id) === undefined).map(({ id }) => id)).toEqual([]);
  });

  it('and a reason for none are never there at once', () => {
    expect([...places.keys()].filter((id) => reasonUncorrected(id) !== undefined)).toEqual([]);
  });

  it('are of errata that exist', () => {
    const known = new Set(errata.map(({ id }) => id));
    expect([...places.keys()].filter((id) => !known.has(id))).toEqual([]);
  });

  it('of E100 are in the API allowlist', () => {
    expect(places.get('E100')).toEqual([
      { file: 'provision/steps/manifests/admin-access/api.corrected.yaml', what: 'step admin-access-api' },
    ]);
  });

  it('that are a command show the command', () => {
    expect(places.get('E23')).toEqual([{ what: 'step admin-access-pools: kubectl delete ipaddresspool default-pool -n metallb-system' }]);
  });

  it('that name something in a file of the product name what is there', () => {
    const named = files.filter(({ what }) => !what.startsWith('step ') && what !== "the reader's folder");
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(({ file, what }) => !read(file).includes(what))).toEqual([]);
  });

  it.each(files.filter(({ file }) => file.startsWith('provision/steps/')))(
    'of $id in $file are explained in its first lines',
    ({ id, file }) => {
      expect(read(file).split('\n').slice(0, 25).join('\n')).toMatch(new RegExp(String.raw`^\s*#.*\b${id}\b`, 'm'));
    },
  );

  it('are none in the steps as written', () => {
    expect(guideSteps('as-written').flatMap(({ actions }) => actions.flatMap(({ corrects = [] }) => corrects))).toEqual([]);
  });
});
