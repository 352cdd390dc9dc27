import { equal, noneOf } from '../../harness/engine/measured.ts';
import { isReady } from '../../harness/platform/kubernetes/kubernetes.ts';
import { controlPlanes, nth } from '../admin-access/documented-nodes.ts';
import { check } from '../fixtures/check.ts';
import { atWorkstation, endText } from '../isolation/provisioning/guide-script.ts';
import { diagnosisLines, diskLines, healthCommand, hostnameListing, listedHostnames, talosctlLines } from './documented-commands.ts';
import { memberFaults } from './etcd-members.ts';
import { ofMachine, ofMachines } from './machines.ts';
import { eachWorks, ofGuide } from './reader-commands.ts';
import { requirements } from './requirements.ts';
import { serviceFaults } from './service-faults.ts';

check(requirements['NODE-HOSTNAME-PROCEDURE'], async ({ cluster, observe, control, signal }) => {
  const { nodes } = cluster.documented;
  const answer = await cluster.runAsReader(['sh', '-c', hostnameListing(cluster.documented, cluster.descriptor.profile)], signal);
  const listed = listedHostnames(answer.stdout);
  for (const { name, address } of nodes)
    observe(
      equal(`hostname that the listing prints for ${address}`, {
        expected: name,
        saw: listed.get(address) ?? 'no line',
        vantage: atWorkstation,
      }),
    );
  for (const { node, vantage, value } of await ofMachines(cluster, nodes, async (machine) => machine.hostname()))
    control(equal(`hostname of ${node.address} at the same time`, { expected: node.name, saw: value, vantage }));
});

check(
  requirements['NODE-TALOSCONFIG-USABLE'],
  async (context) => {
    const { cluster, control, hint, signal } = context;
    hint(async () => 'talosctl --talosconfig talosconfig config info: are endpoints and nodes set (E14)?');
    const lines = talosctlLines(cluster.documented, cluster.descriptor.profile);
    await eachWorks(context, lines, ofGuide);
    // With all that the command needs the node answers, so that it is the command or the file which does not do.
    for (const { name, address } of cluster.documented.nodes) {
      const answer = await cluster.runAsReader(
        ['talosctl', '--talosconfig', 'talosconfig', '-e', address, '-n', address, 'version'],
        signal,
      );
      control({
        subject: `the Talos API of ${name}, with endpoint and node named`,
        vantage: atWorkstation,
        expected: 'exit code 0, an answer',
        saw: `${endText(answer)}${answer.stdout.includes('Tag:') ? ', an answer' : ''}`,
        held: answer.code === 0 && answer.stdout.includes('Tag:'),
      });
    }
  },
  { deadlineMs: 240_000 },
);

check(
  requirements['NODE-HEALTH'],
  async ({ cluster, observe, control, signal }) => {
    const { nodes, lan } = cluster.documented;
    const answer = await cluster.runAsReader(['sh', '-c', `${healthCommand} --wait-timeout 60s`], signal);
    observe({
      subject: `\`${healthCommand}\``,
      vantage: atWorkstation,
      expected: 'exit code 0',
      saw: endText(answer),
      held: answer.code === 0,
    });
    const planes = controlPlanes(cluster);
    for (const { node, vantage, value } of await ofMachines(cluster, planes, async (machine) => machine.etcdMembers()))
      observe(noneOf(`what is wrong with the members of etcd that ${node.name} names`, { saw: memberFaults(value, planes), vantage }));
    const told = await ofMachines(cluster, nodes, async (machine) => ({
      services: await machine.services(),
      stages: await machine.list<{ stage: string }>('machinestatuses'),
    }));
    for (const { node, vantage, value } of told) {
      observe(
        noneOf(`services of ${node.name} that are not healthy`, {
          saw: serviceFaults(value.services),
          vantage,
        }),
      );
      observe(equal(`stage of ${node.name}`, { expected: ['running'], saw: value.stages.map(({ spec }) => spec.stage), vantage }));
    }
    const { items } = await cluster.kubernetes.core.listNode();
    observe(
      noneOf('nodes that are not Ready', { saw: items.filter((node) => !isReady(node)).map(({ metadata }) => metadata?.name ?? '') }),
    );
    observe(
      noneOf('nodes that take no pods', {
        saw: items.filter(({ spec }) => spec?.unschedulable === true).map(({ metadata }) => metadata?.name ?? ''),
      }),
    );
    // The same command, asked about a control plane that is not there, must not pass.
    const first = nth(planes, 0).address;
    const other = await cluster.runAsReader(
      ['sh', '-c', `${healthCommand} -e ${first} -n ${first} --control-plane-nodes ${lan.unused} --wait-timeout 1s`],
      signal,
    );
    control({
      subject: `the same command about a control plane at ${lan.unused}`,
      vantage: atWorkstation,
      expected: 'not exit code 0',
      saw: endText(other),
      held: other.code !== 0,
    });
  },
  { deadlineMs: 180_000 },
);

check(requirements['NODE-TROUBLE-DISK'], async (context) => {
  const { cluster, control } = context;
  await eachWorks(context, diskLines(cluster.documented, cluster.descriptor.profile), ofGuide);
  for (const node of cluster.documented.nodes.filter(({ role }) => role === 'worker')) {
    const disks = await ofMachine(cluster, node, async (machine) =>
      (await machine.list<{ dev_path: string }>('disks')).map(({ spec }) => spec.dev_path),
    );
    control({
      subject: `disks of ${node.name} at the same time`,
      vantage: `Talos API of ${node.name}`,
      expected: 'with /dev/sdb',
      saw: disks.join(', ') || 'none',
      held: disks.includes('/dev/sdb'),
    });
  }
});

check(requirements['NODE-TROUBLE-SELECTORS'], async (context) => {
  const { cluster, control, signal } = context;
  await eachWorks(context, diagnosisLines(cluster.documented), ofGuide);
  const made = await cluster.runAsReader(
    ['kubectl', '--kubeconfig=kubeconfig', 'logs', '-n', 'metallb-system', '-l', 'component=conform-no-such', '--tail=100'],
    signal,
  );
  control({
    subject: 'the log of pods by a label that none has',
    vantage: atWorkstation,
    expected: 'no line',
    saw: made.stdout.trim() === '' ? 'no line' : `${made.stdout.split('\n').length} lines`,
    held: made.stdout.trim() === '',
  });
});
