import type { Place } from './vantages.ts';

/** All that is to be done at one place. */
export interface AtPlace<T> {
  readonly place: Place;
  readonly items: readonly T[];
}

/** Groups items by the place that each is for, in the order in which the places first appear. */
export function byPlace<T>(items: readonly T[], placeOf: (item: T) => Place): AtPlace<T>[] {
  const groups = Map.groupBy(items, (item) => JSON.stringify(placeOf(item)));
  return [...groups.values()].flatMap(([first, ...rest]) =>
    first === undefined ? [] : [{ place: placeOf(first), items: [first, ...rest] }],
  );
}
