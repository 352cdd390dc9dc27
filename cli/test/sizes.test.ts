import { describe, expect, it } from 'vitest';
import { requirementsOf } from '../../harness/engine/requirement.ts';
import { register } from '../../suites/register.ts';
import { rehearsed, selectionOf } from './sizes.ts';

const row = { promise: 'p', severity: 'major', needs: [], fault: 'f' } as const;
const broken = { verdict: 'broken', errata: ['E01'] } as const;
const rows = Object.values(
  requirementsOf('s', {
    'S-FIRST-OF-ONE': { ...row, guide: ['One'], kind: 'static' },
    'S-SECOND-OF-ONE': { ...row, guide: ['One'], kind: 'static' },
    'S-BROKEN-OF-TWO': { ...row, guide: ['Two'], kind: 'active', asWritten: broken },
    'S-KEPT-OF-TWO': { ...row, guide: ['Two'], kind: 'active' },
    'S-SCRIPTED': { ...row, guide: ['Two'], kind: 'active', needs: ['kubernetes', 'guide-scripts'] },
    'S-SCRIPTED-AND-MORE': { ...row, guide: ['Two'], kind: 'active', needs: ['kubernetes', 'guide-scripts', 'calico'] },
    'S-LONG': { ...row, guide: ['Three'], kind: 'long', asWritten: broken },
    'S-DISRUPTIVE': { ...row, guide: ['Four'], kind: 'disruptive', asWritten: broken },
  }),
);
const ids = (...of: Parameters<typeof rehearsed>): string[] => rehearsed(...of).map(({ id }) => id);

describe('a rehearsal', () => {
  it('of the whole size has every requirement', () => {
    expect(ids(rows, 'whole', 'as-written')).toHaveLength(rows.length);
  });

  it('of the quick size has those that only read', () => {
    expect(ids(rows, 'quick', 'as-written')).toEqual(['S-FIRST-OF-ONE', 'S-SECOND-OF-ONE']);
  });

  it('of the quick size and the corrected guide also has those of tenants that its script makes', () => {
    expect(ids(rows, 'quick', 'corrected')).toEqual(['S-FIRST-OF-ONE', 'S-SECOND-OF-ONE', 'S-SCRIPTED']);
  });

  it('of the quick size has of a young suite the critical ones that only read, of the corrected guide', () => {
    const young = Object.values(
      requirementsOf('nodes', {
        'N-CRITICAL': { ...row, severity: 'critical', guide: ['One'], kind: 'static' },
        'N-MAJOR': { ...row, guide: ['One'], kind: 'static' },
        'N-SCRIPTED': { ...row, guide: ['One'], kind: 'active', needs: ['guide-scripts'] },
      }),
    );
    expect(rehearsed(young, 'quick', 'corrected').map(({ id }) => id)).toEqual(['N-CRITICAL']);
    expect(rehearsed(young, 'quick', 'as-written')).toEqual([]);
  });

  it('of the quick size has both kept and broken promises of the guide as written', () => {
    const quick = rehearsed(register, 'quick', 'as-written');
    expect(quick.some(({ asWritten }) => asWritten === undefined)).toBe(true);
    expect(quick.some(({ asWritten }) => asWritten?.verdict === 'broken')).toBe(true);
  });
});

describe('the options that select a rehearsal', () => {
  it('are none for the whole register', () => {
    expect(selectionOf(rows, rows)).toEqual([]);
  });

  it('name kinds and IDs for a part of it', () => {
    expect(selectionOf(rows.slice(1, 3), rows)).toEqual(['--kind', 'static', 'active', '--id', 'S-SECOND-OF-ONE', 'S-BROKEN-OF-TWO']);
  });
});
