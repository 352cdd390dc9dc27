import { check as suiteCheck } from '../fixtures/check.ts';
import { diskReaders } from './disk-readers.ts';
import { heldVolume, otherVolume } from './held-volumes.ts';

/** Defines a check of this suite, which may also take volumes that are held, and readers of Longhorn's disks. */
export const check = suiteCheck.extend({ heldVolume, otherVolume, diskReaders });
