import { check } from '../fixtures/check.ts';
import { measureFailover } from './failover.ts';
import { killSpeaker } from './metallb/speaker.ts';
import { requirements } from './requirements.ts';

const hint = async (): Promise<string> =>
  'kubectl get servicel2statuses -A; kubectl -n metallb-system logs -l component=speaker --prefix | grep -i memberlist: do the speakers see each other (7946 TCP and UDP)?';

check(
  requirements['NET-LB-FAILOVER'],
  async (context) => {
    context.hint(hint);
    await measureFailover(context, {
      text: (node) => `${node} loses its power`,
      lose: (node) => context.changes.cutPower(node, context.cluster.power(node, 'off'), context.signal),
    });
  },
  { uses: ['address-pools'], changes: ['node-power'] },
);

check(
  requirements['NET-LB-SPEAKER-FAILOVER'],
  async (context) => {
    context.hint(hint);
    await measureFailover(context, {
      text: (node) => `the speaker on ${node} dies`,
      lose: (node) => killSpeaker(context, node),
    });
  },
  { uses: ['address-pools'] },
);
