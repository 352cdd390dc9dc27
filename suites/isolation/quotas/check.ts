import { fixture } from '../../../harness/platform/check.ts';
import { check as suiteCheck } from '../../fixtures/check.ts';
import { type ScratchTenant, scratchTenant } from '../../fixtures/scratch-tenant.ts';

/** Dry runs leave nothing in it, so that all checks of the LimitRange can share it. */
const limitedTenant = fixture({ name: 'tenant of the LimitRange checks' }, (context): Promise<ScratchTenant> => scratchTenant(context));

/** Defines a check of the LimitRange. */
export const check = suiteCheck.extend({ limitedTenant });
