/** The titles of the suites, in words that an auditor reads. */
const titles: Readonly<Record<string, string>> = {
  nodes: 'Nodes',
  network: 'Network',
  storage: 'Storage',
  isolation: 'Tenant isolation',
  'admin-access': 'Admin access',
  opencost: 'Cost (OpenCost)',
};

/** The suite's title, or its name when it has none. */
export function areaTitle(suite: string): string {
  return Object.hasOwn(titles, suite) ? (titles[suite] ?? suite) : suite;
}

/** The suite that shows who reaches what: evidence that many promises share. */
export const matrixArea = 'Who reaches what (connection matrix, evidence)';

/** The suite that shows what went wrong while the cluster was built. */
export const buildArea = "How this cluster was built (the guide's steps)";
