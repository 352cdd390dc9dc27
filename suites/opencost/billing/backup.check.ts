import { equal } from '../../../harness/engine/measured.ts';
import { check } from '../check.ts';
import { atWorkstation } from '../../isolation/provisioning/guide-script.ts';
import { endsWell } from '../guide-command.ts';
import { requirements } from '../requirements.ts';
import { notedFolder, runNoted } from './noted-run.ts';

const vantage = atWorkstation;
/** Guide, Important Files, as far as costs go. */
const files = ['opencost-values.yaml', 'tenant-cost-report.sh', 'monthly-invoice.sh'] as const;

/** Prints the name and the digest of each file in the newest archive, and of those in the folder. */
const digests = `
set -eu
archive=$(ls -t ./*.gpg | head -n 1)
gpg --list-packets "$archive" 2>&1 | grep -o 'cipher 9' | head -n 1
mkdir -p unpacked
gpg --decrypt "$archive" 2>/dev/null | tar -xz -C unpacked
for file in $(find unpacked -type f); do echo "archived \${file##*/} $(sha256sum <"$file" | cut -d ' ' -f 1)"; done
for file in ${files.join(' ')}; do echo "own $file $(sha256sum <"$file" | cut -d ' ' -f 1)"; done
`;

check(
  requirements['COST-BACKUP-FILES'],
  async (context) => {
    const { observe, control, hint } = context;
    hint(async () => 'the cp line of configuration-backup.sh: is monthly-invoice.sh in it (E57)?');
    const folder = await notedFolder(context);
    const run = await runNoted(context, folder, { command: ['bash', './configuration-backup.sh'] });
    observe(endsWell('configuration-backup.sh', run));
    if (run.code !== 0) return;
    const read = await runNoted(context, folder, { command: ['bash', '-c', digests] });
    const lines = read.stdout.split('\n').map((line) => line.split(' '));
    const digestOf = (where: string, file: string): string | undefined => lines.find(([at, name]) => at === where && name === file)?.[2];
    observe(endsWell('its archive, decrypted and unpacked', read));
    // OpenPGP's cipher 9 is AES with 256 bits (RFC 4880, 9.2).
    observe(equal('cipher of the archive', { expected: 'cipher 9', saw: read.stdout.split('\n')[0] ?? 'none', vantage }));
    observe(
      equal('files of costs in it, as they are', {
        expected: [...files],
        saw: files.filter((file) => digestOf('archived', file) !== undefined && digestOf('archived', file) === digestOf('own', file)),
        vantage,
      }),
    );
    control(equal('a file in it that is not on the list', { expected: 'none', saw: digestOf('archived', 'canned') ?? 'none', vantage }));
  },
  { deadlineMs: 240_000 },
);
