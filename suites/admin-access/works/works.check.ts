import { check } from '../../fixtures/check.ts';
import { requirements } from '../requirements.ts';
import { canineWorks } from './canine-works.ts';
import { longhornWorks, webhookWorks } from './longhorn-works.ts';
import { openCostWorks, targetsWork } from './prometheus-works.ts';

check(requirements['ADM-WORKS-OPENCOST-PROMETHEUS'], openCostWorks, { uses: ['prometheus'], deadlineMs: 180_000 });

check(requirements['ADM-WORKS-PROMETHEUS-TARGETS'], (context) => targetsWork(context), { changes: ['prometheus'], deadlineMs: 180_000 });

check(requirements['ADM-WORKS-LONGHORN'], longhornWorks, { uses: ['longhorn'], deadlineMs: 480_000 });

check(requirements['ADM-WORKS-LONGHORN-WEBHOOK'], webhookWorks, { uses: ['longhorn'] });

check(requirements['ADM-WORKS-CANINE'], canineWorks, { uses: ['canine'] });
