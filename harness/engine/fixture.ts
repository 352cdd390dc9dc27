import { Use } from './use.ts';

/** The conditions under which a check takes a fixture. */
export interface Taker {
  readonly use: Use;
  /** A second look measures for itself; it trusts nothing that was measured before. */
  readonly look: 'first' | 'second';
}

/** Something that several checks share: made once in a run, by the first that takes it. */
export interface Fixture<T> {
  readonly name: string;
  /** What the takers share by it; the schedule keeps those apart that change it. */
  readonly resources: readonly string[];
  /** Makes it at the first call. The taker uses from then on what making it has used. */
  take(taker: Taker): Promise<T>;
}

/** The values of a record of fixtures. */
export type Values<F> = { readonly [Name in keyof F]: F[Name] extends Fixture<infer T> ? T : never };

/** The run's part of a fixture: its tools, and the removal of what it made when it could not be made whole. */
export interface FixtureHost<Tools> {
  open(name: string, use: Use): { readonly tools: Tools; undo(): Promise<unknown> };
  use(): Use;
}

/** `T` is the value that takers get, `M` the value that is made. */
export interface FixtureOptions<T, F, M, R> {
  readonly name: string;
  /** What takers share by it, besides the resources of the fixtures that it is made from. */
  readonly resources?: readonly R[];
  /** The fixtures that it is made from. */
  readonly from?: F;
  /** Gives a taker its own view of the value; it then records by itself what the taker uses. */
  readonly lend?: (value: M, taker: Taker) => T;
}

/** A fixture that cannot be made twice is given up: the next taker hears the reason at once. */
const mostAttempts = 2;

/** Makes the function that defines fixtures on a run. */
export function fixturesOn<Tools, R extends string>(host: FixtureHost<Tools>) {
  return <M, F extends Readonly<Record<string, Fixture<unknown>>> = Readonly<Record<string, never>>, T = M>(
    { name, resources = [], from, lend }: FixtureOptions<T, F, M, R>,
    make: (tools: Tools, fixtures: Values<F>, taker: Taker) => Promise<M>,
  ): Fixture<T> => {
    let made: Promise<{ value: M; use: Use }> | undefined;
    let failures = 0;
    const makeOnce = async (): Promise<{ value: M; use: Use }> => {
      const use = host.use();
      const { tools, undo } = host.open(name, use);
      try {
        const taker: Taker = { use, look: 'first' };
        return { value: await make(tools, await taken(from, taker), taker), use };
      } catch (error) {
        failures += 1;
        await undo();
        if (failures < mostAttempts) made = undefined;
        throw error;
      }
    };
    return {
      name,
      resources: [...new Set([...resources, ...Object.values(from ?? {}).flatMap((each) => each.resources)])],
      take: async (taker) => {
        made ??= makeOnce();
        const { value, use } = await made;
        if (lend !== undefined) return lend(value, taker);
        taker.use.absorb(use);
        return value as unknown as T;
      },
    };
  };
}

/** Takes all fixtures of a record at the same time. */
export async function taken<F extends Readonly<Record<string, Fixture<unknown>>>>(
  fixtures: F | undefined,
  taker: Taker,
): Promise<Values<F>> {
  const entries = await Promise.all(Object.entries(fixtures ?? {}).map(async ([name, each]) => [name, await each.take(taker)] as const));
  return Object.fromEntries(entries) as Values<F>;
}
