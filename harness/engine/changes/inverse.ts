type Fields = Readonly<Record<string, unknown>>;

/** The merge patch (RFC 7386) that takes another one back: the values that its fields had, null for those that were not there. */
export function inverse(before: Fields, patch: Fields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(patch).map(([key, value]) => {
      const old = before[key];
      if (old === undefined) return [key, null];
      return [key, isFields(old) && isFields(value) ? inverse(old, value) : old];
    }),
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
