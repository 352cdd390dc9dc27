/**
 * Time limits that the guide or the register promises, in one place. A promised limit is fixed: no provider and no machine scales it.
 * How long we wait for our own means is patience, and stands apart (harness/engine/patience.ts).
 *
 * Each limit names its source: a section of the guide, or a row of the register where the guide gives no number.
 */
export const promised = {
  nodes: {},
  network: {},
  isolation: {
    /** Register, ISO-DNS-RESOLVES: a name server's answer. */
    dnsAnswerMs: 2_000,
    /** Register, ISO-INTERNET-EGRESS: a fetch by name. */
    internetFetchMs: 10_000,
    /** Register, ISO-ESCAPE-HOST-NETWORK and -CONTROL-PLANE: no pod has started when this time is over. */
    podStaysAwayMs: 30_000,
    /** Register, ISO-FALCO-*: an alert. */
    falcoAlertMs: 60_000,
  },
  adminAccess: {},
  storage: {},
  opencost: {},
} as const;
