/**
 * Keeps a copy of a part of a volume apart from the writes into it: writes share, a copy waits for the writes of its
 * range that are under way and holds back those that come.
 */
import type { Extent } from './frames.ts';

interface Holder extends Extent {
  readonly exclusive: boolean;
  readonly done: Promise<void>;
}

export class RangeLocks {
  readonly #holders = new Set<Holder>();

  /** Runs `work` when nothing that excludes it holds an overlapping part. */
  async run<T>(range: Extent & { readonly exclusive: boolean }, work: () => Promise<T>): Promise<T> {
    let release = (): void => undefined;
    const done = new Promise<void>((resolve) => {
      release = resolve;
    });
    const before = [...this.#holders].filter((other) => (other.exclusive || range.exclusive) && overlap(other, range));
    const holder = { ...range, done };
    this.#holders.add(holder);
    try {
      await Promise.all(before.map((other) => other.done));
      return await work();
    } finally {
      this.#holders.delete(holder);
      release();
    }
  }
}

function overlap(one: Extent, other: Extent): boolean {
  return one.offset < other.offset + other.length && other.offset < one.offset + one.length;
}
