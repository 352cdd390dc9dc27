import { InvalidArgumentError, Option } from 'commander';
import { profiles } from '../guide/cluster.ts';
import { type OptionName, optionNames, optionTitles, parseOptions } from '../provision/options.ts';

/** DNS label (RFC 1123), so that a name can be a folder and a host name. */
export function labName(value: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(value)) return value;
  throw new InvalidArgumentError('Expected lower-case letters, digits and dashes, at most 32. Next: for example --name nightly-2');
}

export function nameOption(): Option {
  return new Option('--name <name>', 'which lab; several can stand side by side').argParser(labName).default('lab');
}

export function profileOption(): Option {
  return new Option('--profile <profile>', "the guide's steps as they are written, or with the smallest corrections")
    .choices([...profiles])
    .default('corrected');
}

/** What `--with` and `--all-options` leave in a command's options. */
export interface WantedOptions {
  readonly with?: readonly OptionName[] | undefined;
  readonly allOptions?: true | undefined;
}

export function optionsOptions(): Option[] {
  const known = optionNames.map((name) => `${name} (${optionTitles[name]})`).join(', ');
  return [
    new Option('--with <options>', `also install optional sections of the guide, separated by commas: ${known}`).argParser(optionList),
    new Option('--all-options', 'also install all of these').conflicts('with'),
  ];
}

/** The options that a command was given, in the guide's order. */
export function wantedOptions({ with: some = [], allOptions }: WantedOptions): readonly OptionName[] {
  return allOptions === true ? optionNames : some;
}

/** Sections that cannot be had in a lab; whoever asks for one is told why. */
const unavailable: Readonly<Partial<Record<string, string>>> = {
  'opt-2': "OPT-2's controller is built on nginx with Lua modules that are not published as Go modules",
  'opt-5': 'OPT-5 needs kernel probes, which a shared kernel does not give',
  'opt-6': 'OPT-6 is a script, which every lab has on its admin workstation',
};

export function optionList(text: string): readonly OptionName[] {
  const parsed = parseOptions(text);
  if ('options' in parsed) return parsed.options;
  const { unknown } = parsed;
  const saw = unknown === '' ? 'an empty one' : JSON.stringify(unknown);
  const why = unavailable[unknown] === undefined ? '' : ` (${unavailable[unknown]})`;
  throw new InvalidArgumentError(`Expected some of ${optionNames.join(',')}. Saw ${saw}${why}. Next: for example --with opt-1,opt-4`);
}
