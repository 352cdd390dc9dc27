import type { Capability } from './run-record.ts';

/** A check touched a capability that the cluster does not offer. */
export class AbsentCapability extends Error {
  override readonly name = 'AbsentCapability';

  constructor(capability: string, reason: string) {
    super(`capability ${capability} is absent: ${reason}`);
  }
}

/** The capabilities that a check or a fixture touched. Accessors record here, so that nobody has to declare. */
export class Use {
  readonly #offered: Readonly<Record<string, Capability>>;
  readonly #touched = new Set<string>();
  #absent: AbsentCapability | undefined;

  constructor(offered: Readonly<Record<string, Capability>>) {
    this.#offered = offered;
  }

  /** Records that a capability is used. Throws AbsentCapability when the cluster does not offer it. */
  touch(capability: string): void {
    const offered = this.#offered[capability];
    if (offered !== undefined && offered.kind !== 'absent') {
      this.#touched.add(capability);
      return;
    }
    this.#absent ??= new AbsentCapability(capability, offered?.reason ?? 'the provider does not name it');
    throw this.#absent;
  }

  /** Takes over the uses of something that was made before, for example of a fixture. */
  absorb(other: Use): void {
    for (const each of other.touched) this.#touched.add(each);
  }

  get touched(): readonly string[] {
    return [...this.#touched].toSorted();
  }

  /** The first absent capability that was touched, also where its error was caught on the way. */
  get absent(): AbsentCapability | undefined {
    return this.#absent;
  }
}
