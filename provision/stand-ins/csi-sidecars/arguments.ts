import { parseArgs } from 'node:util';

/** The sidecars' flags that are read, each with what it is when left out; `--v` and others are taken and have no effect. */
export function readFlags<Name extends string>(args: readonly string[], defaults: Readonly<Record<Name, string>>): Record<Name, string> {
  const names = Object.keys(defaults) as Name[];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' }] as const));
  const { values } = parseArgs({ args: [...args], options, strict: false });
  return Object.fromEntries(names.map((name) => [name, String(values[name] ?? defaults[name])])) as Record<Name, string>;
}

/** gRPC targets and plain paths are both in use for a socket. */
export function socketPath(address: string): string {
  return address.replace(/^unix:(\/\/)?/, '');
}
