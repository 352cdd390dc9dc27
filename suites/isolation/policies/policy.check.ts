import { equal } from '../../../harness/engine/measured.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Destination } from '../../../harness/probe/claims.ts';
import { check } from '../../fixtures/check.ts';
import type { ConnectionMatrix } from '../../fixtures/connection-matrix.ts';
import { workerNames } from '../../fixtures/echo-group.ts';
import { either, fromGroup, fromKind, toKind } from '../../fixtures/matrix-parts.ts';
import { livingTenants } from '../../fixtures/living-tenants.ts';
import { tenantNames } from '../../fixtures/names.ts';
import { requirements } from '../requirements.ts';
import { sourcesIn, websIn } from './sources.ts';
import { whichPolicy } from './which-policy.ts';

check(requirements['ISO-POLICY-DEFAULT-DENY'], async (context, { matrix }) => {
  context.hint(whichPolicy);
  const { connect, cluster } = context;
  await observeDefaultDeny(context);
  const workers = workerNames(cluster).length;
  await connect(
    tenantNames.flatMap((tenant) => [
      matrix.denial({
        from: sourcesIn(matrix, tenant, workers),
        to: addressed(matrix, { of: 'neutral', workers }),
        sameSourceReaches: websIn(matrix, tenant, workers),
        targetAnswers: matrix.sources(fromKind('ordinary'), { atLeast: 2 }),
      }),
      matrix.denial({
        from: matrix.sources(fromGroup('neutral'), workers),
        to: addressed(matrix, { of: tenant, workers }),
        sameSourceReaches: matrix.targets(
          toKind('pod', ({ of, protocol }) => of === 'ordinary' && protocol === 'tcp'),
          { atLeast: 2 },
        ),
        targetAnswers: sourcesIn(matrix, tenant, workers),
      }),
    ]),
  );
});

/** A group's pods on every worker over TCP, the first over UDP, and its Service over both. */
function addressed(matrix: ConnectionMatrix, { of: owner, workers }: { of: string; workers: number }): readonly Destination[] {
  return matrix.targets(
    either(
      toKind('pod', ({ group, listens }) => group === owner && listens),
      toKind('service', ({ group, by }) => group === owner && by === 'address'),
    ),
    workers + 3,
  );
}

interface PolicySpec {
  readonly podSelector?: object;
  readonly policyTypes?: readonly string[];
}

/** The policy in every tenant's namespace that exists. */
async function observeDefaultDeny({ cluster: { kubernetes }, observe, signal }: CheckContext): Promise<void> {
  const tenants = await livingTenants(kubernetes);
  await Promise.all(
    tenants.map(async ({ name: namespace }) => {
      const policy = await kubernetes.raw.read(
        { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'deny-all-default', namespace } },
        signal,
      );
      const spec = (policy as { spec?: PolicySpec } | undefined)?.spec;
      const subject = (field: string): string => `${field} of deny-all-default in ${namespace}`;
      observe(equal(subject('podSelector'), { expected: '{}', saw: JSON.stringify(spec?.podSelector ?? 'no such policy') }));
      observe(equal(subject('policyTypes'), { expected: ['Ingress', 'Egress'], saw: spec?.policyTypes ?? [] }));
    }),
  );
}
