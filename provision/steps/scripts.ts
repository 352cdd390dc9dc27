import { join } from 'node:path';
import type { Profile } from '../../guide/cluster.ts';

/** The folder with the scripts that the guide's reader creates, as written or corrected. */
export function guideScripts(profile: Profile): string {
  return join(import.meta.dirname, 'scripts', profile);
}
