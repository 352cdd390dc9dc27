import type { Result } from '../harness/engine/run-record.ts';
import { countOutcomes } from './counts.ts';
import type { Counts } from './counts.ts';

/** The one sentence that a reader in a hurry takes away; it never claims more than was decided. */
export function answerOf(results: readonly Result[]): string {
  const counts = countOutcomes(results);
  if (results.length === 0) return 'Nothing was decided: no promise was selected';
  if (counts.broken > 0) return brokenAnswer(results) + undecided(counts);
  if (counts.inconclusive > 0) return `No promise was seen broken${undecided(counts)}`;
  if (counts.kept + counts.rehearsed + counts.waived === 0) return 'Nothing was decided: no selected promise could be tested';
  if (counts.kept === results.length) return 'Every selected promise is kept on real parts';
  return `No promise is broken: ${parts(counts)}`;
}

function brokenAnswer(results: readonly Result[]): string {
  const broken = results.filter((result) => result.verdict.kind === 'broken');
  const explained = broken.filter((result) => result.errata.length > 0);
  const subject = broken.length === 1 ? '1 promise is broken' : `${broken.length} promises are broken`;
  if (explained.length === 0) return `${subject}, not explained by any erratum of the guide`;
  return `${subject}, ${explained.length} of them explained by errata of the guide: ${errataIds(explained).join(' ')}`;
}

/** The errata that these results name, once each, in the order of their numbers. */
function errataIds(results: readonly Result[]): string[] {
  const ids = new Set(results.flatMap((result) => result.errata.map((erratum) => erratum.id)));
  return [...ids].toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

function undecided(counts: Counts): string {
  return counts.inconclusive > 0 ? `; ${counts.inconclusive} could not be decided` : '';
}

function parts(counts: Counts): string {
  return [
    counts.kept > 0 && `${counts.kept} kept on real parts`,
    counts.rehearsed > 0 && `${counts.rehearsed} only rehearsed on stand-ins`,
    counts.waived > 0 && `${counts.waived} waived by an owner although not kept`,
    counts['not-run'] > 0 && `${counts['not-run']} not run`,
  ]
    .filter((part) => part !== false)
    .join(', ');
}
