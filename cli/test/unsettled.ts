/**
 * Requirements whose verdict is not settled yet: a rehearsal that differs from the register in one of them tells so, and does
 * not fail. Each has its reason, and leaves this list when three rehearsals in a row gave the register's verdict. What is not
 * on it must come out as the register says.
 */
export const unsettled: Readonly<Record<string, string>> = {
  'ISO-PROVISION-WAITS': 'its time limit depends on what kubectl takes on a busy machine',
  'ADM-TALOS-PERSISTS': 'as written the platform does not come back after the reboot (E20); seen as the register says once, on 2026-11-24',
  'ADM-WORKS-AFTER-RESTART':
    'after the reboot something was late in three of seven runs (in one of these a policy was missing on purpose), which is awaited since; as written it stands on E15 and E20 at once',
  'ADM-KUBE-API-AUTH':
    'a probe ran into its time-out on a busy machine; no answer is no verdict since, seen in two corrected rehearsals and one as written',
  'NET-LB-FAILOVER': 'its outage is measured in real time, and a busy machine took a minute to cut the power',
};
