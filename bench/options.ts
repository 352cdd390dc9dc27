import { minimist } from 'zx';

type Defaults = Readonly<Record<string, number | boolean>>;
type Values<T extends Defaults> = { [K in keyof T]: T[K] extends number ? number : boolean };

/** Numbers and switches of a measurement with their defaults; ends the process with 2 for anything else. */
export function options<const T extends Defaults>(script: string, defaults: T): Values<T> {
  const names = Object.keys(defaults);
  const switches = names.filter((name) => typeof defaults[name] === 'boolean');
  const given = minimist(process.argv.slice(2), { boolean: switches, default: { ...defaults } });
  const unknown = [...given._, ...Object.keys(given).filter((name) => name !== '_' && !names.includes(name))];
  const wrong = names.filter((name) => typeof defaults[name] === 'number' && !isWholeNumber(given[name]));
  if (unknown.length === 0 && wrong.length === 0) return Object.fromEntries(names.map((name) => [name, given[name]])) as Values<T>;
  const known = Object.entries(defaults).map(([name, value]) => (typeof value === 'number' ? `[--${name} ${value}]` : `[--${name}]`));
  process.stderr.write(
    `  Expected  known options, with whole numbers above 0\n  Saw       ${[...unknown, ...wrong].join(', ')}\n  Next      node bench/${script}.ts ${known.join(' ')}\n`,
  );
  process.exit(2);
}

function isWholeNumber(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) > 0;
}
