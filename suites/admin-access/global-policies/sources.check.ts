import { type ClaimAttempt, atHost, claim, denial, reach } from '../../../harness/probe/claims.ts';
import { onEveryWorker } from '../../fixtures/echo-group.ts';
import { check } from '../check.ts';
import { requirements } from '../requirements.ts';
import { admins, atHosts, neighbours } from '../vantages.ts';
import { whichRule } from './which-rule.ts';

check(requirements['ADM-GNP-ADMIN-ALLOW'], async ({ cluster, connect, control, hint }, { echoDoors: { platform } }) => {
  hint(whichRule);
  const stopped = platform.map((to): ClaimAttempt => ({ role: 'control', from: atHost('outsider'), to, expect: 'denied' }));
  await connect([claim([...reach({ from: atHosts(admins), to: platform }).attempts, ...stopped])]);
  control(onEveryWorker(cluster, platform));
});

check(requirements['ADM-GNP-CIDR-EDGES'], async ({ cluster, connect, control, hint }, { echoDoors: { platform, unprotected } }) => {
  hint(whichRule);
  await connect([denial({ from: atHosts(neighbours), to: platform, sameSourceReaches: unprotected, targetAnswers: atHosts(admins) })]);
  control(onEveryWorker(cluster, platform));
});
