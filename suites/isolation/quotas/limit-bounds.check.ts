import type { V1Container } from '@kubernetes/client-node';
import { admitted, refused, tryToMake } from '../admission.ts';
import { requirements } from '../requirements.ts';
import { gatedPod } from '../tenant-objects.ts';
import { check } from './check.ts';
import { isAboveMax, isBelowMin, observeLivingContainers, observeLivingLimits } from './living-limits.ts';
import { livingUses } from './living-quotas.ts';
import { limitNumbers } from './promised-numbers.ts';

interface Amounts {
  readonly cpu: string;
  readonly memory: string;
}

/** A container at the bound is admitted, one that is one unit beyond it is refused, with the words of the refusal. */
interface Bound {
  readonly id: 'ISO-LIMIT-MAX' | 'ISO-LIMIT-MIN';
  readonly constraint: 'max' | 'min';
  readonly at: Amounts;
  readonly beyond: readonly { readonly amounts: Amounts; readonly words: readonly string[] }[];
  /** Containers that are there already. */
  readonly living: { readonly that: string; readonly is: (container: V1Container) => boolean };
}

const { max, min } = limitNumbers.Container;

const bounds: readonly Bound[] = [
  {
    id: 'ISO-LIMIT-MAX',
    constraint: 'max',
    at: max,
    beyond: [
      { amounts: { ...max, cpu: '2001m' }, words: [`maximum cpu usage per Container is ${max.cpu}`] },
      { amounts: { ...max, memory: '4097Mi' }, words: [`maximum memory usage per Container is ${max.memory}`] },
    ],
    living: { that: `above ${max.cpu} CPU or ${max.memory}`, is: isAboveMax },
  },
  {
    id: 'ISO-LIMIT-MIN',
    constraint: 'min',
    at: min,
    beyond: [
      { amounts: { ...min, cpu: '49m' }, words: [`minimum cpu usage per Container is ${min.cpu}`] },
      { amounts: { ...min, memory: '63Mi' }, words: [`minimum memory usage per Container is ${min.memory}`] },
    ],
    living: { that: `below ${min.cpu} CPU or ${min.memory}`, is: isBelowMin },
  },
];

for (const { id, constraint, at, beyond, living } of bounds)
  check(
    requirements[id],
    async (context, { limitedTenant: { namespace } }) => {
      const { cluster, observe, control, signal } = context;
      await observeLivingLimits(context, [{ type: 'Container', name: constraint }]);
      await observeLivingContainers(context, living);
      const ask = (limits: Amounts) =>
        tryToMake(cluster.kubernetes, gatedPod(namespace, 'conform-edge', { requests: limits, limits }), { signal, dryRun: true });
      control(admitted(`a container with ${at.cpu} and ${at.memory}`, await ask(at)));
      for (const { amounts, words } of beyond)
        observe(refused(`a container with ${amounts.cpu} and ${amounts.memory}`, await ask(amounts), { words }));
    },
    livingUses,
  );
