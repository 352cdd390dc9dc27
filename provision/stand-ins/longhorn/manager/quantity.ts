const factors: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
  m: 1e-3,
};

/** Volume sizes are multiples of this many bytes (util.SizeAlignment of longhorn-manager). */
const alignment = 2 * 2 ** 20;

/** Bytes of a Kubernetes quantity, such as `5Gi`; an empty text is 0. Throws in the words of Longhorn. */
export function parseQuantity(text: string): number {
  if (text === '') return 0;
  const match = /^([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)(?:[eE]([+-]?\d+))?([kKMGTPEm]i?)?$/.exec(text);
  const factor = factors[match?.[3] ?? ''];
  if (match === null || factor === undefined) {
    throw new Error(
      `error parsing size '${text}': quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
    );
  }
  return Math.ceil(Number(match[1]) * 10 ** Number(match[2] ?? 0) * factor);
}

/** The size that Longhorn gives a volume for what was asked. */
export function roundUpSize(bytes: number): number {
  return bytes <= 0 ? alignment : Math.ceil(bytes / alignment) * alignment;
}
