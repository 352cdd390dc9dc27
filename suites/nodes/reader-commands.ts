import type { CheckContext } from '../../harness/platform/check.ts';
import { atWorkstation, endText } from '../isolation/provisioning/guide-script.ts';
import type { DocumentedCommand } from './documented-commands.ts';

/** What tells a command from the same one at another time or place of the guide, after the command itself. */
type Suffix = (line: DocumentedCommand) => string;

/** The place of the guide that has the command. */
export const ofGuide: Suffix = ({ guide }) => ` (${guide})`;

/** Runs commands as the guide's reader does, a few at a time, for each starts a program. */
export async function eachWorks(
  { cluster, observe, signal }: CheckContext,
  lines: readonly DocumentedCommand[],
  suffix: Suffix,
): Promise<void> {
  const atOnce = 3;
  for (let index = 0; index < lines.length; index += atOnce) {
    const some = lines.slice(index, index + atOnce);
    const answers = await Promise.all(some.map(async ({ command }) => cluster.runAsReader(['sh', '-c', command], signal)));
    for (const [place, line] of some.entries()) {
      const answer = answers[place];
      if (answer === undefined) throw new Error(`${line.command} was not run`);
      const isShown = line.shows.test(answer.stdout);
      observe({
        subject: `\`${line.command}\`${suffix(line)}`,
        vantage: atWorkstation,
        expected: 'exit code 0, and its target in the output',
        saw: `${endText(answer)}, ${isShown ? 'its target' : 'not its target'}`,
        held: answer.code === 0 && isShown,
      });
    }
  }
}
