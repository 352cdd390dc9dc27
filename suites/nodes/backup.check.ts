import { decodeConfiguration } from '../../harness/platform/talos/machine-config/decode.ts';
import { TalosError } from '../../harness/platform/talos/talos-error.ts';
import { equal, noneOf } from '../../harness/engine/measured.ts';
import { atWorkstation, endText } from '../isolation/provisioning/guide-script.ts';
import { check } from './check.ts';
import { configurationDifference } from './configuration-difference.ts';
import { ofMachine } from './machines.ts';
import { linesOf } from './reader-copy.ts';
import { requirements } from './requirements.ts';
import type { SavedBackup } from './saved-backup.ts';

/** Guide, Important Files: what is there whoever has followed the guide; values and patches are where the reader has made them. */
const always = [
  'talosconfig',
  'kubeconfig',
  'apply-tenant-isolation.sh',
  'provision-tenant.sh',
  'tenant-cost-report.sh',
  'monthly-invoice.sh',
];
const whereMade = [
  'cp-patch.yaml',
  'worker-patch.yaml',
  'longhorn-disk.yaml',
  'talos-firewall-patch.yaml',
  'canine-values.yaml',
  'opencost-values.yaml',
];

check(requirements['NODE-BACKUP-COMPLETE'], async ({ cluster, observe, control, hint }, { savedBackup }) => {
  hint(async () => 'tar -tzf of the opened archive; talosctl get machineconfig of each node beside the file of its name (E57)');
  const archive = encryptedOf(savedBackup, observe);
  if (archive === undefined) return;
  const { copy, before } = savedBackup;
  const names = linesOf(await copy.tell('open-backup.sh', ['open', archive]));
  const wanted = [
    ...always,
    ...whereMade.filter((name) => before.includes(name)),
    ...cluster.documented.nodes.map(({ name }) => `${name}.yaml`),
  ];
  observe(
    noneOf('important files that the archive lacks', { saw: wanted.filter((name) => !names.includes(name)), vantage: atWorkstation }),
  );
  control({
    subject: 'the same look for a file that nobody has, w99.yaml',
    vantage: atWorkstation,
    expected: 'not there, among others',
    saw: `${names.includes('w99.yaml') ? 'there' : 'not there'}, ${names.length} files`,
    held: names.length > 0 && !names.includes('w99.yaml'),
  });
  for (const node of cluster.documented.nodes) {
    const file = `${node.name}.yaml`;
    if (!names.includes(file)) continue;
    const [saved, live] = [
      await copy.tell('open-backup.sh', ['file', archive, file]),
      await ofMachine(cluster, node, async (machine) => machine.machineConfiguration()),
    ];
    observe(
      noneOf(`parts of the configuration of ${node.name} that are otherwise in the archive`, {
        saw: configurationDifference(saved, live),
        vantage: `Talos API of ${node.name}`,
      }),
    );
  }
});

type Observe = Parameters<Parameters<typeof check>[1]>[0]['observe'];

/** The one encrypted archive that the procedure left; that there is none is an observation. */
function encryptedOf({ answer, left, encrypted }: SavedBackup, observe: Observe): string | undefined {
  observe({
    key: 'encrypted archives that the backup leaves',
    subject: 'encrypted archives that the backup leaves',
    vantage: atWorkstation,
    expected: 'exit code 0, one',
    saw: `${endText(answer)}, ${left.join(', ') || 'none'}`,
    held: answer.code === 0 && encrypted !== undefined,
  });
  return answer.code === 0 ? encrypted : undefined;
}

const strangeDocument = 'apiVersion: v1alpha1\nkind: ConformNoSuchKind\n';

check(requirements['NODE-BACKUP-RESTORES'], async ({ cluster, observe, control }, { savedBackup }) => {
  const archive = encryptedOf(savedBackup, observe);
  if (archive === undefined) return;
  for (const node of cluster.documented.nodes) {
    const vantage = `Talos API of ${node.name}`;
    const saved = await savedBackup.copy.tell('open-backup.sh', ['file', archive, `${node.name}.yaml`]);
    const before = await ofMachine(cluster, node, async (machine) => machine.machineConfiguration());
    observe(
      equal(`the saved configuration of ${node.name}, tried on it`, {
        expected: 'taken, without a reboot',
        saw: await triedOn(cluster, node, saved),
        vantage,
      }),
    );
    const strange = await triedOn(cluster, node, `${saved.trimEnd()}\n---\n${strangeDocument}`);
    control({
      subject: `the same with a document that Talos does not know, tried on ${node.name}`,
      vantage,
      expected: 'refused',
      saw: strange,
      held: strange.startsWith('refused'),
    });
    const after = await ofMachine(cluster, node, async (machine) => machine.machineConfiguration());
    observe(
      noneOf(`parts of the live configuration of ${node.name} that have changed by that`, {
        saw: configurationDifference(before, after),
        vantage,
      }),
    );
  }
});

/** Whether a node would take a configuration, and how: a dry run changes nothing (talos.dev: apply-config --dry-run). */
async function triedOn(
  cluster: Parameters<typeof ofMachine>[0],
  node: Parameters<typeof ofMachine>[1],
  configuration: string,
): Promise<string> {
  try {
    const { mode } = await ofMachine(cluster, node, async (machine) =>
      machine.applyConfiguration(configuration, { mode: 'AUTO', dryRun: true }),
    );
    return mode === 'NO_REBOOT' ? 'taken, without a reboot' : `taken, with mode ${mode}`;
  } catch (error) {
    if (error instanceof TalosError && ['invalid-argument', 'other', 'failed-precondition'].includes(error.kind))
      return `refused: ${error.kind}`;
    throw error;
  }
}

check(requirements['NODE-BACKUP-ENCRYPTED'], async ({ observe, control }, { savedBackup }) => {
  const archive = encryptedOf(savedBackup, observe);
  const { copy, left } = savedBackup;
  const readable = await Promise.all(
    left
      .filter((name) => !name.endsWith('.gpg'))
      .map(async (name) => `${name} (${(await copy.run(['test', '-d', name])).code === 0 ? 'folder' : 'archive'})`),
  );
  observe(noneOf('readable copies that the backup leaves beside it', { saw: readable, vantage: atWorkstation }));
  if (archive === undefined) return;
  const packets = await copy.tell('open-backup.sh', ['packets', archive]);
  observe({
    subject: 'how the archive is encrypted',
    vantage: atWorkstation,
    expected: 'with a passphrase, AES-256',
    saw: /symkey enc packet: [^\n]*/.exec(packets)?.[0] ?? 'no such packet',
    held: /symkey enc packet: [^\n]*cipher 9\b/.test(packets),
  });
  observe(
    equal('what can be read in it without opening it', {
      expected: 'not readable',
      saw: (await copy.tell('open-backup.sh', ['plain', archive])).trim(),
      vantage: atWorkstation,
    }),
  );
  const opened = linesOf(await copy.tell('open-backup.sh', ['open', archive]));
  observe({
    subject: 'files in it with the right passphrase',
    vantage: atWorkstation,
    expected: 'some',
    saw: String(opened.length),
    held: opened.length > 0,
  });
  control(
    equal('the same archive with another passphrase', {
      expected: 'refused',
      saw: (await copy.tell('open-backup.sh', ['open-wrongly', archive])).trim(),
      vantage: atWorkstation,
    }),
  );
  control(
    equal('what can be read in a file that is not encrypted, the kubeconfig', {
      expected: 'readable',
      saw: (await copy.tell('open-backup.sh', ['plain', 'kubeconfig'])).trim(),
      vantage: atWorkstation,
    }),
  );
  const saved = await copy.tell('open-backup.sh', ['file', archive, 'cp01.yaml']);
  control({
    subject: "the key of the cluster's authority in the opened archive",
    vantage: atWorkstation,
    expected: 'there',
    saw: holdsAuthority(saved) ? 'there' : 'not there',
    held: holdsAuthority(saved),
  });
});

function holdsAuthority(configuration: string): boolean {
  return decodeConfiguration(configuration).some(({ value }) => {
    const { ca } = (value['cluster'] ?? {}) as { ca?: { key?: string } };
    return (ca?.key ?? '') !== '';
  });
}
