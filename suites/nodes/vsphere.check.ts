import { equal, noneOf } from '../../harness/engine/measured.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { check } from '../fixtures/check.ts';
import { ofMachines } from './machines.ts';
import { requirements } from './requirements.ts';
import { type VirtualMachine, machineFaults, virtualMachines } from './vsphere-machines.ts';

const vantage = 'vSphere';
/** A machine by a name that the guide does not have. */
const noMachine = 'w99';

check(requirements['NODE-VSPHERE-VMS'], async (context) => {
  const { cluster, observe, control } = context;
  const { nodes } = cluster.documented;
  const machines = await told(
    context,
    nodes.map(({ name }) => name),
  );
  observe(
    equal('documented machines that vSphere has', {
      expected: nodes.map(({ name }) => name),
      saw: machines.map(({ name }) => name),
      vantage,
    }),
  );
  for (const { name, role } of nodes) {
    const machine = machines.find((each) => each.name === name);
    observe(
      noneOf(`what of ${name} is not as documented`, {
        saw: machine === undefined ? ['no such machine'] : machineFaults(machine, role),
        vantage,
      }),
    );
  }
  const none = await told(context, [noMachine]);
  control(noneOf('machines by a name that the guide does not have', { saw: none.map(({ name }) => name), vantage }));
});

check(requirements['NODE-VSPHERE-TOOLS'], async (context) => {
  const { cluster, observe, control } = context;
  const { nodes } = cluster.documented;
  const machines = await told(
    context,
    nodes.map(({ name }) => name),
  );
  for (const { name, address } of nodes) {
    const machine = machines.find((each) => each.name === name);
    observe(equal(`VMware Tools of ${name}`, { expected: 'guestToolsRunning', saw: machine?.tools ?? 'no such machine', vantage }));
    observe(equal(`name that the guest of ${name} reports`, { expected: name, saw: machine?.hostName ?? '', vantage }));
    observe(equal(`address that the guest of ${name} reports`, { expected: address, saw: machine?.address ?? '', vantage }));
  }
  // The guest's own word, by another way.
  for (const { node, vantage: own, value } of await ofMachines(cluster, nodes, async (machine) => machine.hostname()))
    control(equal(`hostname of ${node.name} over the Talos API`, { expected: node.name, saw: value, vantage: own }));
});

/** The machines of these names that vSphere has, by the reader's govc (guide: Step 3). */
async function told({ cluster, signal }: CheckContext, names: readonly string[]): Promise<VirtualMachine[]> {
  const answer = await cluster.runAsReader(['govc', 'vm.info', '-json', ...names], signal);
  if (answer.code !== 0) throw new Error(`govc vm.info ended with ${answer.code}: ${answer.stderr.trim()}`);
  return virtualMachines(answer.stdout);
}
