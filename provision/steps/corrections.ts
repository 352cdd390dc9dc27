import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A line of this product that makes an erratum's correction, or needs it. */
export interface CorrectionPlace {
  /** From the product's folder. */
  readonly file: string;
  readonly line: number;
}

const home = join(import.meta.dirname, '../..');
/** The corrected forms of steps, scripts and machines name the errata that they correct; the forms as written only mark them. */
const sources = ['guide/cluster.ts', 'provision/**/*.{ts,yaml,sh,json}'];
const excluded = ['**/*.test.ts', '**/*as-written*', '**/as-written/**', '**/node_modules/**', 'provision/stand-ins/**'];

/** Where the profile `corrected` makes each erratum's correction, by the erratum's ID. */
export function correctionPlaces(): Map<string, CorrectionPlace[]> {
  const places = new Map<string, CorrectionPlace[]>();
  for (const file of globSync(sources, { cwd: home, exclude: excluded }).toSorted()) {
    for (const [index, text] of readFileSync(join(home, file), 'utf8').split('\n').entries()) {
      for (const [id] of text.matchAll(/\bE\d{2}\b/g)) places.set(id, [...(places.get(id) ?? []), { file, line: index + 1 }]);
    }
  }
  return places;
}
