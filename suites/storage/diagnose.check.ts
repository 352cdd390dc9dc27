import type { Profile } from '../../guide/cluster.ts';
import { equal } from '../../harness/engine/measured.ts';
import { longhorn } from '../../harness/platform/longhorn/longhorn.ts';
import { check } from './check.ts';
import { requirements } from './requirements.ts';
import { listingDiffers } from './listing.ts';

const vantage = 'admin workstation';

/** Guide: Longhorn – Volumes Not Attaching; corrected by E53. */
const diskCommand: Readonly<Record<Profile, readonly string[]>> = {
  'as-written': ['df', '/dev/sdb'],
  corrected: ['get', 'discoveredvolumes', 'sdb', '-o', 'jsonpath={.spec.pretty_size}'],
};

check(requirements['STOR-DIAGNOSE'], async ({ cluster, observe, control, hint, signal }) => {
  hint(async () => 'the commands of "Longhorn – Volumes Not Attaching", one after the other');
  const api = longhorn(cluster.kubernetes, signal);
  const listed = async (resource: string): Promise<string[]> => {
    const command = ['kubectl', '--kubeconfig=kubeconfig', 'get', resource, '-n', 'longhorn-system', '-o', 'name'];
    const { code, stdout, stderr } = await cluster.runAsReader(command, signal);
    if (code !== 0) return [`exit code ${code}: ${stderr.trim()}`];
    return stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split('/').at(-1) ?? '']));
  };
  const namesOf = async (): Promise<string[]> => (await api.volumes()).map(({ metadata }) => metadata.name);
  const before = await namesOf();
  const volumes = await listed('volumes');
  observe(listingDiffers('kubectl get volumes', { listed: volumes, before, after: await namesOf(), vantage }));
  const nodes = (await api.nodes()).map(({ metadata }) => metadata.name);
  observe(equal('kubectl get nodes.longhorn.io', { expected: nodes, saw: await listed('nodes.longhorn.io'), vantage }));
  const [unknown = ''] = await listed('volumes/conform-none');
  control({
    subject: 'the same command for a volume that does not exist',
    vantage,
    expected: 'fails, and says that it is not found',
    saw: unknown || 'nothing',
    held: unknown.startsWith('exit code') && /not ?found/i.test(unknown),
  });
  const command = diskCommand[cluster.descriptor.profile];
  for (const { name, address } of cluster.documented.nodes.filter(({ role }) => role === 'worker')) {
    const answer = await cluster.runAsReader(['talosctl', '--talosconfig', 'talosconfig', '--nodes', address, ...command], signal);
    const saw = answer.code === 0 ? answer.stdout.trim() : `exit code ${answer.code}: ${answer.stderr.trim()}`;
    observe({
      subject: `talosctl ${command.join(' ')} for ${name}`,
      vantage,
      expected: 'a figure',
      saw: saw || 'nothing',
      held: answer.code === 0 && /\d/.test(answer.stdout),
    });
  }
});
