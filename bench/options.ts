import { parseArgs } from 'node:util';

/** Numbers and switches of a measurement with their defaults; ends the process with 2 for anything else. */
export function options<const T extends Readonly<Record<string, number | boolean>>>(
  script: string,
  defaults: T,
): { [K in keyof T]: T[K] extends number ? number : boolean } {
  try {
    const known = Object.fromEntries(
      Object.entries(defaults).map(([name, value]) => [
        name,
        { type: typeof value === 'number' ? ('string' as const) : ('boolean' as const) },
      ]),
    );
    const { values } = parseArgs({ options: known });
    const entries = Object.entries(defaults).map(([name, value]) => [
      name,
      typeof value === 'number' ? wholeNumber(name, values[name] ?? value) : (values[name] ?? value),
    ]);
    return Object.fromEntries(entries) as { [K in keyof T]: T[K] extends number ? number : boolean };
  } catch (error) {
    const known = Object.entries(defaults).map(([name, value]) => (typeof value === 'number' ? `[--${name} ${value}]` : `[--${name}]`));
    process.stderr.write(
      `  Expected  known options\n  Saw       ${error instanceof Error ? error.message : String(error)}\n  Next      node bench/${script}.ts ${known.join(' ')}\n`,
    );
    process.exit(2);
  }
}

function wholeNumber(name: string, value: unknown): number {
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`--${name} ${String(value)}, which is no whole number above 0`);
}
