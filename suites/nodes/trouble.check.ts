import { atApi, equal, noneOf } from '../../harness/engine/measured.ts';
import { patience } from '../../harness/engine/patience.ts';
import { until } from '../../harness/engine/waiting.ts';
import { isReady } from '../../harness/platform/kubernetes/kubernetes.ts';
import { recovered, wholenessOf } from '../../harness/platform/node-recovery.ts';
import { decodeConfiguration } from '../../harness/platform/talos/machine-config/decode.ts';
import { patchConfiguration } from '../../harness/platform/talos/machine-config/patch.ts';
import { vipHolder } from '../admin-access/kube-api/vip-holder.ts';
import { check } from '../fixtures/check.ts';
import { atWorkstation, endText } from '../isolation/provisioning/guide-script.ts';
import { lightestWorker } from '../network/failover-scene.ts';
import { configurationDifference } from './configuration-difference.ts';
import { lastColumns, nodeListings, vipLines } from './documented-commands.ts';
import { ofMachine } from './machines.ts';
import { whileOff } from './power-cycle.ts';
import { eachWorks } from './reader-commands.ts';
import { readerCopy } from './reader-copy.ts';
import { requirements } from './requirements.ts';

const wrongName = 'conform-wrong-name';

check(
  requirements['NODE-TROUBLE-HOSTNAME'],
  async (context) => {
    const { cluster, observe, control, signal } = context;
    const node = await lightestWorker(cluster);
    const vantage = `Talos API of ${node.name}`;
    const hostname = async (): Promise<string> => ofMachine(cluster, node, async (machine) => machine.hostname());
    const before = await ofMachine(cluster, node, async (machine) => machine.machineConfiguration());
    const copy = await readerCopy(context);
    const whole = await wholenessOf(cluster.kubernetes, node.name, signal);
    // Corrected (E57): the file is the node's own configuration, as the backup saves it.
    const saves = `talosctl --talosconfig talosconfig -e ${node.address} -n ${node.address} get machineconfig v1alpha1 --output jsonpath='{.spec}' > ${node.name}.yaml`;
    const applies = {
      'as-written': `talosctl apply-config --nodes ${node.address} --file ${node.name}.yaml --mode reboot`,
      corrected: `talosctl --talosconfig talosconfig apply-config -e ${node.address} --nodes ${node.address} --file ${node.name}.yaml --mode reboot`,
    };
    try {
      if (cluster.descriptor.profile === 'corrected') await copy.run(['sh', '-c', saves]);
      const documents = decodeConfiguration(`machine: {network: {hostname: ${wrongName}}}\n`, { patch: true });
      await ofMachine(cluster, node, async (machine) =>
        machine.applyConfiguration(patchConfiguration(before, { kind: 'merge', documents }), { mode: 'NO_REBOOT' }),
      );
      control(equal('hostname of the worker before the commands', { expected: wrongName, saw: await hostname(), vantage }));
      const answer = await copy.run(['sh', '-c', applies[cluster.descriptor.profile]]);
      observe({
        subject: 'the command that applies its file again',
        vantage: atWorkstation,
        expected: 'exit code 0',
        saw: endText(answer),
        held: answer.code === 0,
      });
      if (answer.code !== 0) return;
      await recovered(cluster.kubernetes, { node: node.name, whole }, { powerOn: async () => undefined, signal });
      observe(equal('hostname of the worker after the commands', { expected: node.name, saw: await hostname(), vantage }));
      const after = await ofMachine(cluster, node, async (machine) => machine.machineConfiguration());
      observe(noneOf('parts of its configuration that are not as they were', { saw: configurationDifference(before, after), vantage }));
    } finally {
      await ofMachine(cluster, node, async (machine) => machine.applyConfiguration(before, { mode: 'NO_REBOOT' }));
    }
  },
  { changes: ['node-power'], deadlineMs: 600_000 },
);

check(
  requirements['NODE-TROUBLE-VIP'],
  async (context) => {
    const { cluster, control, signal } = context;
    const { vip } = cluster.documented;
    const lines = vipLines(cluster.documented, cluster.descriptor.profile);
    await eachWorks(context, lines, () => ', with the address there');
    const holder = await vipHolder(context, { timeoutMs: patience('answer') });
    await whileOff(context, holder.name, async () => {
      // What is about the machine that is off cannot answer.
      const left = lines.filter(({ command }) => !command.includes(holder.address));
      await eachWorks(context, left, () => ', with the address away');
      const [outcome] = await cluster.probe({ host: 'admin' }, [{ kind: 'tcp', host: vip.address, port: 6443 }], signal);
      control({
        subject: `the API at ${vip.address} just afterwards`,
        vantage: 'admin',
        expected: 'no connection: the lease of the lost holder has not run out',
        saw: outcome?.kind ?? 'not tried',
        held: outcome !== undefined && outcome.kind !== 'connected',
      });
    });
  },
  { changes: ['node-power'], deadlineMs: 600_000 },
);

check(
  requirements['NODE-HEALTH-SCRIPT'],
  async (context) => {
    const { cluster, observe, control, signal } = context;
    const node = await lightestWorker(cluster);
    const command = nodeListings[cluster.descriptor.profile];
    const list = async (): Promise<Map<string, string>> => {
      const answer = await cluster.runAsReader(['sh', '-c', command], signal);
      if (answer.code !== 0) throw new Error(`\`${command}\` ended with ${answer.code}: ${answer.stderr.trim()}`);
      return lastColumns(answer.stdout);
    };
    const before = await list();
    control(
      equal('nodes that the listing names', {
        expected: cluster.documented.nodes.map(({ name }) => name),
        saw: [...before.keys()],
        vantage: atWorkstation,
      }),
    );
    await whileOff(context, node.name, async () => {
      await until(`${node.name} not to be Ready`, { timeoutMs: patience('lostApi'), everyMs: 2000, signal }, async () => {
        const isUp = isReady(await cluster.kubernetes.core.readNode({ name: node.name }));
        return isUp ? { notYet: 'Ready' } : { done: undefined };
      });
      const after = await list();
      observe({
        subject: 'the last column of a worker that has stopped',
        vantage: atWorkstation,
        expected: `not ${before.get(node.name)}, as when it was well`,
        saw: after.get(node.name) ?? 'no line',
        held: after.has(node.name) && after.get(node.name) !== before.get(node.name),
      });
      const { status } = await cluster.kubernetes.core.readNode({ name: node.name });
      const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'absent';
      control({
        subject: 'condition Ready of that worker at the same time',
        vantage: atApi,
        expected: 'not True',
        saw: ready,
        held: ready !== 'True',
      });
    });
  },
  { changes: ['node-power'], deadlineMs: 600_000 },
);
