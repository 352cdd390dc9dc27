import { check } from '../check.ts';
import { requirements } from '../requirements.ts';
import { canineWorks } from './canine-works.ts';
import { longhornWorks } from './longhorn-works.ts';
import { openCostWorks } from './opencost-works.ts';
import { targetsWork } from './targets-work.ts';
import { webhookWorks } from './webhook-works.ts';

check(requirements['ADM-WORKS-OPENCOST-PROMETHEUS'], (context, { platform, ordinary }) => openCostWorks(context, { platform, ordinary }), {
  uses: ['prometheus'],
  deadlineMs: 180_000,
});

check(requirements['ADM-WORKS-PROMETHEUS-TARGETS'], (context, { platform, ordinary }) => targetsWork(context, { platform, ordinary }), {
  changes: ['prometheus'],
  deadlineMs: 180_000,
});

check(requirements['ADM-WORKS-LONGHORN'], (context, { platform, ordinary }) => longhornWorks(context, { platform, ordinary }), {
  uses: ['longhorn'],
  deadlineMs: 480_000,
});

check(requirements['ADM-WORKS-LONGHORN-WEBHOOK'], webhookWorks, { uses: ['longhorn'] });

check(requirements['ADM-WORKS-CANINE'], (context, { platform, ordinary }) => canineWorks(context, { platform, ordinary }), {
  uses: ['canine'],
});
