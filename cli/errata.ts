import { Command } from 'commander';
import { type Erratum, errata } from '../guide/errata.ts';
import { Problem, exitCode } from '../harness/engine/problem.ts';
import { type CorrectionPlace, correctionPlaces, reasonUncorrected } from '../provision/steps/corrections.ts';
import { register } from '../suites/register.ts';
import { type Evidence, evidenceOf } from '../runs/evidence.ts';
import { lastRuns } from '../runs/memory.ts';

export const errataCommand = new Command('errata')
  .description(
    "Show where the guide's own steps cannot keep its promises, what the last run as written saw of it, and the correction that the corrected profile makes",
  )
  .argument('[id...]', 'for example E19 E23; all when left out')
  .option('--json', 'as JSON')
  .action((ids: string[], { json }: { json?: true }) => {
    const wanted = ids.map((id) => id.toUpperCase());
    const unknown = wanted.filter((id) => errata.every((each) => each.id !== id));
    if (unknown.length > 0)
      throw new Problem(exitCode.usage, {
        expected: `IDs from ${errata[0]?.id} to ${errata.at(-1)?.id}`,
        saw: unknown.join(', '),
        next: '`conform errata` lists them all',
      });
    const [places, runs] = [correctionPlaces(), lastRuns()];
    const selected = errata
      .filter(({ id }) => wanted.length === 0 || wanted.includes(id))
      .map((each) => ({
        ...each,
        checkedBy: checkedBy(each.id),
        correctedIn: places.get(each.id) ?? [],
        uncorrected: reasonUncorrected(each.id),
        evidence: evidenceOf(each.id, runs),
      }));
    process.stdout.write(json ? `${JSON.stringify(selected, undefined, 2)}\n` : selected.map(text).join('\n'));
  });

interface Described extends Erratum {
  readonly checkedBy: readonly string[];
  readonly correctedIn: readonly CorrectionPlace[];
  /** Why the corrected profile leaves it. */
  readonly uncorrected: string | undefined;
  readonly evidence: Evidence;
}

function checkedBy(id: string): string[] {
  return register.filter(({ asWritten }) => asWritten?.errata.includes(id)).map((requirement) => requirement.id);
}

function text({ id, section, does, happens, correction, correctedIn, uncorrected, checkedBy: checks, evidence }: Described): string {
  const places =
    correctedIn.length === 0
      ? `nowhere: ${uncorrected}`
      : correctedIn.map(({ file, what }) => (file === undefined ? what : `${file} (${what})`)).join('\n              ');
  const checked = checks.length === 0 ? 'no requirement yet' : checks.join(', ');
  return `${id}  ${section}\n  The guide   ${does}\n  In fact     ${happens}\n  Correction  ${correction}\n  Made in     ${places}\n  Checked by  ${checked}\n${seenText(evidence, checks.length > 0)}`;
}

const mostText = 300;

function seenText({ verdicts, failedSteps }: Evidence, isChecked: boolean): string {
  const steps = failedSteps.map(({ title, detail }) => `  Seen        step "${title}" failed: ${cut(detail.split('\n')[0] ?? '')}\n`);
  const seen = verdicts.map(
    ({ requirement, verdict, cluster, at, text: saw }) =>
      `  Seen        ${at.slice(0, 16).replace('T', ' ')} on ${cluster}: ${verdict} ${requirement}: ${cut(saw)}\n`,
  );
  const lines = [...steps, ...seen];
  return lines.length > 0 || !isChecked
    ? lines.join('')
    : '  Seen        not on this machine yet. Next: conform rehearse --profile as-written\n';
}

function cut(saw: string): string {
  return saw.length > mostText ? `${saw.slice(0, mostText)}...` : saw;
}
