import { InvalidArgumentError, Option } from 'commander';
import { errata } from '../guide/errata.ts';
import { kinds, severities } from '../harness/engine/requirement.ts';
import { capabilityNames } from '../harness/platform/capabilities.ts';
import type { Shard } from '../runs/selection.ts';
import { register } from '../suites/register.ts';

const suites = [...new Set(register.map(({ suite }) => suite))];

export function selectionOptions(): Option[] {
  return [
    new Option('--suite <name...>', 'only these suites').choices(suites),
    new Option(
      '--id <pattern...>',
      'only requirements whose ID starts with this, for example NODE-VIP; with *, whose whole ID is so: *-DENY',
    ),
    new Option('--kind <kind...>', 'only these kinds').choices([...kinds]),
    new Option('--severity <severity...>', 'only these severities').choices([...severities]),
    new Option('--needs <capability...>', 'only requirements that need one of these').choices([...capabilityNames]),
    new Option('--erratum <id...>', 'only requirements that these errata explain, for example E19').choices(errata.map(({ id }) => id)),
    new Option('--shard <index/count>', 'one of several parts of what is selected, for machines that share the work: 1/3').argParser(shard),
  ];
}

function shard(text: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (index !== undefined && count !== undefined && index >= 1 && index <= count) return { index, count };
  throw new InvalidArgumentError('Expected a part and the number of parts. Next: for example 1/3');
}
