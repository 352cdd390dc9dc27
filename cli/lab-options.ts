import { InvalidArgumentError, Option } from 'commander';
import { profiles } from '../guide/cluster.ts';

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
