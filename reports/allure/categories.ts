import type { VerdictLabel } from './labels.ts';

/** The categories of the report, which say in this product's words what Allure's statuses stand for. */
const names = {
  broken: 'Broken: the promise does not hold (shown as failed)',
  'guide-step': 'Steps of the guide that failed while the cluster was built (shown as failed)',
  inconclusive: 'Inconclusive: could not be tested, neither kept nor broken (shown as broken)',
  waived: 'Waived: does not hold, accepted by an owner (shown as passed)',
  rehearsed: 'Rehearsed: holds, but on a stand-in (shown as passed)',
  'not-run': 'Not run, with the reason (shown as skipped)',
} as const satisfies Partial<Record<VerdictLabel, string>>;

/** The rules as Allure's configuration takes them: chosen by our label, never by a message. */
export const categories = Object.entries(names).map(([verdict, name]) => ({
  name,
  matchers: { labels: { verdict: `^${verdict}$` } },
  groupByMessage: verdict === 'not-run',
  groupBy: [],
}));
