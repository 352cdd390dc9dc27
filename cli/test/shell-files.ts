import { globSync } from 'node:fs';

/** Shell programs by their place: those of runit (services, `run`) and the entrances have no ending. */
const patterns = ['conform', '.ci/run', '**/*.sh', 'provision/lab/node/service/log-run', 'provision/lab/node/service/*/run'];

/** The guide's own scripts and commands as written are the guide's words, defects included. */
const excluded = ['**/node_modules/**', 'provision/steps/scripts/as-written/**', 'suites/**/*.as-written.sh'];

/** Every shell program of the product, relative to its folder. */
export function shellFiles(product: string): string[] {
  return globSync(patterns, { cwd: product, exclude: excluded }).toSorted();
}
