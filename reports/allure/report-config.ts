import type { RunRecord } from '../../harness/engine/run-record.ts';
import { countOutcomes, countsText } from '../counts.ts';
import { oneLine } from '../plain-text.ts';
import { categories } from './categories.ts';

/** The configuration of `allure generate` for one self-contained file. */
export function reportConfig({ cluster, results }: RunRecord): object {
  const name = oneLine(`conform: ${cluster.name} (${cluster.provider}, ${cluster.profile}): ${countsText(countOutcomes(results))}`);
  const options = { reportName: name, reportLanguage: 'en', singleFile: true, groupBy: ['parentSuite', 'suite'], sections: ['timeline'] };
  return { name, categories: { rules: categories }, plugins: { awesome: { options } } };
}
