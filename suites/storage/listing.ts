import type { Measured } from '../../harness/engine/evidence.ts';

interface Listing {
  readonly listed: readonly string[];
  /** The names that there were before it was asked for, and after it. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly vantage: string;
}

/** That a listing has all that was there the whole time, and nothing that never was: others make and remove things meanwhile. */
export function listingDiffers(subject: string, { listed, before, after, vantage }: Listing): Measured {
  const always = before.filter((name) => after.includes(name));
  const missing = always.filter((name) => !listed.includes(name)).map((name) => `lacks ${name}`);
  const unknown = listed.filter((name) => !before.includes(name) && !after.includes(name)).map((name) => `has ${name}`);
  const differences = [...missing, ...unknown];
  return {
    subject,
    vantage,
    expected: 'all that there is, and nothing else',
    saw: differences.length === 0 ? 'all that there is, and nothing else' : differences.join(', '),
    held: differences.length === 0,
    raw: listed.join(', '),
  };
}
