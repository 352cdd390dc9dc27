import { check as suiteCheck } from '../fixtures/check.ts';
import { echoDoors, platformDoors, wayIn } from './doors.ts';
import { opened, unhardened } from './global-policies/opened.ts';
import { apiReader } from './kube-api/api-reader.ts';

/** Defines the one check of a requirement of this suite; its fixtures are those of all suites, and the ways in from outside. */
export const check = suiteCheck.extend({ wayIn, echoDoors, platformDoors, opened, unhardened, apiReader });
