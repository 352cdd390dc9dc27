import type { Measured } from './evidence.ts';

/** Where what the API server tells is looked at from. */
export const atApi = 'Kubernetes API';

/** A value that must be exactly what is expected. Lists are compared by their members, in any order. */
export function equal(
  subject: string,
  {
    expected,
    saw,
    vantage = atApi,
  }: { readonly expected: string | readonly string[]; readonly saw: string | readonly string[]; readonly vantage?: string },
): Measured {
  const [wanted, seen] = [textOf(expected), textOf(saw)];
  return { subject, vantage, expected: wanted, saw: seen, held: wanted === seen };
}

function textOf(value: string | readonly string[]): string {
  return typeof value === 'string' ? value : value.toSorted().join(', ') || 'none';
}

/** A list of what should not be: it holds when it is empty. */
export function noneOf(
  subject: string,
  { saw, vantage = atApi, expected = 'none' }: { readonly saw: readonly string[]; readonly vantage?: string; readonly expected?: string },
): Measured {
  return { subject, vantage, expected, saw: saw.join('; ') || 'none', held: saw.length === 0 };
}

/** What a measurement says beside the rest when something had to come and did not in time. */
export function lateIf(isLate: boolean): Pick<Measured, 'late'> {
  return isLate ? { late: true } : {};
}
