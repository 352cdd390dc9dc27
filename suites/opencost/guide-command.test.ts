import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { documentsIn, guideCommand } from './guide-command.ts';

describe('what jq prints', () => {
  it('is one document after another', () => {
    expect(documentsIn('{\n  "ns": "a",\n  "cost": 1.2e-05\n}\n{\n  "ns": "b",\n  "cost": 0\n}\n')).toEqual([
      { ns: 'a', cost: 0.000_012 },
      { ns: 'b', cost: 0 },
    ]);
  });

  it('is one on each line where it is compact', () => {
    expect(documentsIn('{"ns":"a"}\n{"ns":"b"}\n')).toEqual([{ ns: 'a' }, { ns: 'b' }]);
  });

  it('may be nothing', () => {
    expect(documentsIn('\n')).toEqual([]);
  });

  it('may be null', () => {
    expect(documentsIn('null\n')).toEqual([null]);
  });

  it('may hold an object in another', () => {
    expect(documentsIn('{\n  "a": {\n    "b": 1\n  }\n}\n')).toEqual([{ a: { b: 1 } }]);
  });
});

describe("the guide's commands", () => {
  const files = readdirSync(`${import.meta.dirname}/commands`);
  const names = [...new Set(files.map((file) => file.slice(0, file.indexOf('.'))))];

  it.each(names)('%s is there in both forms, or in one', (name) => {
    const forms = files.filter((file) => file.startsWith(`${name}.`));
    expect([[`${name}.sh`], [`${name}.as-written.sh`, `${name}.corrected.sh`]]).toContainEqual(forms.toSorted());
  });

  it('are read in the form of the profile', async () => {
    expect(await guideCommand('assets-7d', 'as-written')).toContain('.data[0]');
    expect(await guideCommand('assets-7d', 'corrected')).not.toContain('.data[0]');
    expect(await guideCommand('namespaces-7d', 'corrected')).toBe(await guideCommand('namespaces-7d', 'as-written'));
  });
});
