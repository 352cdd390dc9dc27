/**
 * Time limits that the guide or the register promises, in one place. A promised limit is fixed: no provider and no machine scales it.
 * How long we wait for our own means is patience, and stands apart (harness/engine/patience.ts).
 *
 * Each limit names its source: a section of the guide, or a row of the register where the guide gives no number.
 */
export const promised = {
  nodes: {},
  network: {},
  isolation: {},
  adminAccess: {},
  storage: {},
  opencost: {},
} as const;
