import { check as suiteCheck } from '../fixtures/check.ts';
import { costScene } from './cost-scene.ts';
import { illPods } from './ill-pods.ts';

/** Defines the one check of a requirement of this suite; its fixtures are those of all suites, pods with known costs, and pods that are ill. */
export const check = suiteCheck.extend({ scene: costScene, illPods });
