import type { Requirement } from '../harness/engine/requirement.ts';
import { requirements as adminAccess } from './admin-access/requirements.ts';
import { requirements as isolation } from './isolation/requirements.ts';
import { requirements as network } from './network/requirements.ts';
import { requirements as nodes } from './nodes/requirements.ts';
import { requirements as opencost } from './opencost/requirements.ts';
import { requirements as storage } from './storage/requirements.ts';

/** Every requirement, in the guide's order of suites. */
export const register: readonly Requirement[] = [nodes, network, storage, isolation, adminAccess, opencost].flatMap((suite) =>
  Object.values<Requirement>(suite),
);
