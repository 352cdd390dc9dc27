/**
 * How long the first build of the components takes on so many quiet processors, computed: node bench/first-build-times.ts
 * From what each program was measured to cost (provision/lab/components/program-costs.ts), by the order in which they are built.
 */
import { upstreams } from '../provision/lab/components/catalogue.ts';
import { plansOf } from '../provision/lab/components/program-costs.ts';
import { longestFirst, parallelismOf, secondsOf, workOf } from '../provision/lab/components/schedule.ts';
import { options } from './options.ts';

options('first-build-times', {});
/** What a machine with so many processors has at least; the cloud's usual sizes. */
const gibPerProcessor = 4;
const plans = plansOf(upstreams);
const alone = { processors: 2, lanes: 1, packagesAtATime: 2 };

const perUpstream = longestFirst(plans, alone).map((plan) => {
  const packages = plan.programs.reduce((sum, program) => sum + program.packages, 0);
  return `${plan.name.padEnd(28)}${cell(workOf([plan]))}${cell(secondsOf([plan], alone))}${String(packages).padStart(9)}`;
});
const perMachine = [1, 2, 4, 8, 16].map((processors) => {
  const parallelism = parallelismOf({ processors, memoryGiB: processors * gibPerProcessor });
  const [catalogue, ordered] = [plans, longestFirst(plans, parallelism)].map((order) => secondsOf(order, parallelism) / 60);
  const ideal = workOf(plans) / processors / 60;
  const numbers = [ordered, catalogue, ideal].map((minutes = Number.NaN) => minutes.toFixed(1).padStart(14)).join('');
  return `${String(processors).padStart(10)}${String(parallelism.lanes).padStart(8)}${numbers}`;
});

process.stdout.write(
  [
    `Work: ${cell(workOf(plans)).trim()} processor seconds`,
    `${'upstream'.padEnd(28)}${'work s'.padStart(9)}${'on two s'.padStart(9)}${'packages'.padStart(9)}`,
    ...perUpstream,
    '',
    'Minutes on quiet processors, without downloads, Debian trees and images',
    '                     longest first  the list so     work shared',
    'processors   lanes      (as built)          listed          evenly',
    ...perMachine,
    '',
  ].join('\n'),
);

function cell(seconds: number): string {
  return seconds.toFixed(0).padStart(9);
}
