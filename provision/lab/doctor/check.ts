/** What was found, and how to mend it. */
export interface Finding {
  /** `warning`: a lab works without it, but not as well, or it could not be looked at. */
  readonly state: 'ok' | 'missing' | 'warning';
  readonly detail: string;
  /** A command, or what to do; always there when something is missing. */
  readonly mend?: string;
}

/** One prerequisite of a lab on this machine. */
export interface Prerequisite {
  readonly id: string;
  readonly title: string;
  /** `first-build`: only until the components, the root file system and the images are in the cache. */
  readonly needed: 'always' | 'first-build';
  check(): Promise<Finding>;
}

/** A prerequisite with what was found. */
export interface Examined extends Finding {
  readonly id: string;
  readonly title: string;
  readonly needed: Prerequisite['needed'];
}

export function ok(detail: string): Finding {
  return { state: 'ok', detail };
}

export function missing(detail: string, mend: string): Finding {
  return { state: 'missing', detail, mend };
}

export function warning(detail: string, mend?: string): Finding {
  return { state: 'warning', detail, ...(mend === undefined ? {} : { mend }) };
}

/** Looks at each in turn; one that cannot be looked at does not hide the others. */
export async function examine(prerequisites: readonly Prerequisite[]): Promise<Examined[]> {
  const examined: Examined[] = [];
  for (const { id, title, needed, check } of prerequisites) {
    const finding = await check().catch((error: unknown) =>
      warning(`could not be looked at: ${error instanceof Error ? error.message : String(error)}`),
    );
    examined.push({ id, title, needed, ...finding });
  }
  return examined;
}

/** What keeps a lab from being started here; what only the first build needs counts until that is done. */
export function blocking(examined: readonly Examined[], built: boolean): Examined[] {
  return examined.filter(({ state, needed }) => state === 'missing' && (needed === 'always' || !built));
}
