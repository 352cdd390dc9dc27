import type { Requirement } from '../../harness/engine/requirement.ts';
import { noneOf } from '../../harness/engine/measured.ts';
import { check } from '../fixtures/check.ts';
import { nth, workers } from '../admin-access/documented-nodes.ts';
import { atWorkstation, endText } from '../isolation/provisioning/guide-script.ts';
import { configurationDifference } from './configuration-difference.ts';
import { hostEntries } from '../network/host-entries.ts';
import { ofMachine } from './machines.ts';
import { isAtLeast } from './releases.ts';
import { requirements } from './requirements.ts';

/** Guide, Step 1 and Step 2. */
const downloads = {
  image: 'https://factory.talos.dev/image/dfd1ac9abdf529ca644694b17af0ce1a2ae23a5cccdff39439aa7f0774901e90',
  talosctl: 'https://github.com/siderolabs/talos/releases/download',
};

check(requirements['NODE-TOOLS'], async ({ cluster, observe, control, signal }) => {
  const { talos, kubernetes } = cluster.documented.versions;
  const tools = [
    { tool: 'talosctl', command: 'talosctl version --client', least: talos, exactly: true },
    { tool: 'kubectl', command: 'kubectl version --client', least: kubernetes, exactly: false },
    { tool: 'helm', command: 'helm version --short', least: 'v3.0.0', exactly: false },
  ];
  for (const { tool, command, least, exactly } of tools) {
    const answer = await cluster.runAsReader(['sh', '-c', command], signal);
    const saw = /v\d+\.\d+\.\d+/.exec(answer.stdout)?.[0] ?? 'none';
    observe({
      subject: `release of ${tool}`,
      vantage: atWorkstation,
      expected: exactly ? least : `${least} or later`,
      saw: answer.code === 0 ? saw : endText(answer),
      held: answer.code === 0 && saw !== 'none' && (exactly ? saw === least : isAtLeast(saw, least)),
    });
  }
  const status = async (url: string): Promise<string> =>
    (await cluster.runAsReader(['curl', '-q', '-sS', '-I', '-L', '-o', '/dev/null', '-w', '%{http_code}', url], signal)).stdout.trim();
  const addresses = [`${downloads.image}/${talos}/vmware-amd64.iso`, `${downloads.talosctl}/${talos}/talosctl-linux-amd64`];
  for (const url of addresses) {
    const saw = await status(url);
    observe({ subject: url, vantage: atWorkstation, expected: '200', saw, held: saw === '200' });
    const other = await status(url.replace(talos, 'v0.0.0-conform'));
    control({
      subject: `the same for a release that does not exist`,
      vantage: atWorkstation,
      expected: '404',
      saw: other,
      held: other === '404',
    });
  }
});

/** Guide, Add a Worker Node. */
const added = { name: 'w04', address: '192.168.29.24' };
/** What a worker has for itself. */
const ownParts = ['machine.network'];

check(requirements['NODE-ADD-WORKER-PARITY'], async ({ cluster, observe, control }) => {
  const model = nth(workers(cluster).toReversed(), 0);
  const [its, models] = await Promise.all(
    [added, model].map(async (node) => ofMachine(cluster, node, async (machine) => machine.machineConfiguration())),
  );
  if (its === undefined || models === undefined) throw new Error('two configurations were read');
  const vantage = `Talos API of ${added.name}`;
  const differing = configurationDifference(its, models);
  observe(
    noneOf(`parts of the configuration of ${added.name} that are not those of ${model.name}`, {
      saw: differing.filter((part) => !ownParts.includes(part)),
      vantage,
    }),
  );
  control({
    subject: 'what it has for itself, by the same comparison',
    vantage,
    expected: ownParts.join(', '),
    saw: differing.filter((part) => ownParts.includes(part)).join(', ') || 'nothing',
    held: ownParts.every((part) => differing.includes(part)),
  });
  for (const node of cluster.documented.nodes) {
    const file = await ofMachine(cluster, node, async (machine) => (await machine.read('/etc/hosts')).toString());
    const entry = `${added.name}=${added.address}`;
    observe({
      subject: `host entry of ${added.name} on ${node.name}`,
      vantage: `Talos API of ${node.name}`,
      expected: entry,
      saw: hostEntries(file).find((each) => each.startsWith(`${added.name}=`)) ?? 'none',
      held: hostEntries(file).includes(entry),
    });
  }
});

/**
 * Promises about machines that no provider of today has: to upgrade, to reset, to install. Each names the capability that it lacks
 * among its needs, so that it is not run; where a provider offers that one day, it is inconclusive until its check is written.
 */
const unwritten: readonly Requirement[] = [
  requirements['NODE-VSPHERE-BOOT-DISK'],
  requirements['NODE-MAINTENANCE-APPLY'],
  requirements['NODE-BOOTSTRAP-TIME'],
  requirements['NODE-K8S-UPGRADE'],
  requirements['NODE-K8S-UPGRADE-AVAILABLE'],
  requirements['NODE-UPGRADE-DRAIN'],
  requirements['NODE-TALOS-UPGRADE'],
  requirements['NODE-TALOS-UPGRADE-PLATFORM'],
  requirements['NODE-ADD-WORKER'],
  requirements['NODE-RESET'],
];

for (const requirement of unwritten)
  check(requirement, async () => {
    throw new Error(`no provider has ${requirement.needs.join(', ')} together yet, and the check of ${requirement.id} is not written`);
  });
