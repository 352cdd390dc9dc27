import { apiReader } from '../admin-access/kube-api/api-reader.ts';
import { check as shared } from '../fixtures/check.ts';
import { savedBackup } from './saved-backup.ts';

/** The `check` of all suites, with the fixtures that only this suite takes besides. */
export const check = shared.extend({ apiReader, savedBackup });
