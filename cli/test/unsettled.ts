/**
 * Requirements whose verdict is not settled yet: a rehearsal that differs from the register in one of them tells so, and does
 * not fail. Each has its reason, and leaves this list when three rehearsals in a row gave the register's verdict. What is not
 * on it must come out as the register says.
 */
export const unsettled: Readonly<Record<string, string>> = {
  'ISO-PROVISION-WAITS': 'its time limit depends on what kubectl takes on a busy machine',
  'ADM-TALOS-PERSISTS': 'as written the platform does not come back after the reboot (E20), which was not seen yet with the check as it is',
  'ADM-WORKS-AFTER-RESTART': 'it took 286 s on a busy machine, near its deadline, and as written stands on E15 and E20 at once',
  'NET-DNS-EXTERNAL': 'as written E15 decides it; seen in one rehearsal and not repeated since the register says so',
  'NET-POD-EGRESS': 'as written E15 decides it; seen in one rehearsal and not repeated since the register says so',
  'ISO-SAME-NAMESPACE-ALLOW': 'as written E15 decides it; seen in one rehearsal and not repeated since the register says so',
  'ISO-CROSS-TENANT-SERVICE': 'as written E15 decides it; seen in one rehearsal and not repeated since the register says so',
  'ISO-CROSS-TENANT-DNS-NAME': 'as written E15 decides it; seen in one rehearsal and not repeated since the register says so',
  'ISO-INGRESS-HALF': 'as written E15 decides it; seen in one rehearsal and not repeated since the register says so',
  'ISO-DNS-RESOLVES': 'as written E15 decides it; seen in one rehearsal and not repeated since the register says so',
  'ISO-INTERNET-EGRESS': 'as written E15 decides it; seen in one rehearsal and not repeated since the register says so',
  'ISO-PLATFORM-DENY-ANY-NP': 'as written E15 decides it; seen in one rehearsal and not repeated since the register says so',
  'ISO-KUBE-API-DENY': 'as written E15 decides it; seen in one rehearsal and not repeated since the register says so',
  'ISO-TENANT-APP-PUBLIC': 'as written E15 decides it; seen in one rehearsal and not repeated since the register says so',
  'ADM-TALOS-TENANT-DENY': 'as written E15 decides it; seen in one rehearsal and not repeated since the register says so',
  'ISO-LIMIT-PVC-MAX': 'as written E20 keeps its volume away; seen in one rehearsal and not repeated since the register says so',
  'ISO-TENANT-DELETE-CLEAN': 'as written E20 keeps its volume away; seen in one rehearsal and not repeated since the register says so',
  'NET-LB-ADMIN-RESERVED': 'as written it asks for an address that others may have taken; it runs apart from them since, which was not rehearsed yet',
  'ADM-POOL-LOCKED': 'as written it asks for an address that others may have taken; it runs apart from them since, which was not rehearsed yet',
  'ADM-KUBE-API-AUTH': 'a probe ran into its time-out on a busy machine; no answer is no verdict since, which was not rehearsed yet',
  'ADM-TALOS-ALLOW': 'two of 34 connections were reset on a busy machine; they are made once more since, which was not rehearsed yet',
  'NET-LB-FAILOVER': 'its outage is measured in real time, and a busy machine took a minute to cut the power',
};
