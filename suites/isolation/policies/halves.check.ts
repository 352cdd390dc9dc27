import { check } from '../../fixtures/check.ts';
import type { Destination } from '../../../harness/probe/claims.ts';
import type { ConnectionMatrix } from '../../fixtures/connection-matrix.ts';
import { workerNames } from '../../fixtures/echo-group.ts';
import { either, fromGroup, fromKind, toKind } from '../../fixtures/matrix-parts.ts';
import { platformNames, tenantNames } from '../../fixtures/names.ts';
import { requirements } from '../requirements.ts';
import { observeClosedHalf } from './no-way-in.ts';
import { deniedNodePorts } from './node-ports.ts';
import { sourcesIn, websIn } from './sources.ts';
import { whichPolicy } from './which-policy.ts';

/** Pods on every worker over TCP, the first over UDP, and the Service over both, by address and by its two names. */
function everythingOf(matrix: ConnectionMatrix, owner: string, workers: number): readonly Destination[] {
  return matrix.targets(
    either(
      toKind('pod', ({ group, listens }) => group === owner && listens),
      toKind('service', ({ group }) => group === owner),
    ),
    workers + 5,
  );
}

check(
  requirements['ISO-INGRESS-HALF'],
  async (context, { permissiveMatrix: matrix }) => {
    context.hint(whichPolicy);
    const { connect, cluster } = context;
    const workers = workerNames(cluster).length;
    const from = matrix.sources(fromGroup('permissive'), { atLeast: 2 });
    const open = everythingOf(matrix, 'neutral', workers);
    await connect([
      matrix.denial({
        from,
        to: everythingOf(matrix, 'bob', workers),
        sameSourceReaches: open,
        targetAnswers: matrix.sources(fromGroup('bob'), 1),
      }),
      deniedNodePorts(matrix, cluster.documented.nodes, { from, of: 'bob', sameSourceReaches: open.slice(0, 1) }),
    ]);
    await observeClosedHalf(context, { direction: 'ingress', others: ({ tenants }) => tenants });
  },
  { uses: ['global-policies'] },
);

check(
  requirements['ISO-EGRESS-HALF'],
  async (context, { matrix }) => {
    context.hint(whichPolicy);
    const { connect, cluster } = context;
    const workers = workerNames(cluster).length;
    await connect(
      tenantNames.map((tenant) =>
        matrix.denial({
          from: sourcesIn(matrix, tenant, workers),
          to: everythingOf(matrix, 'neutral', workers),
          sameSourceReaches: websIn(matrix, tenant, workers),
          targetAnswers: matrix.sources(fromKind('ordinary'), { atLeast: 2 }),
        }),
      ),
    );
    // Cluster DNS, in kube-system, is what the template opens.
    await observeClosedHalf(context, {
      direction: 'egress',
      others: ({ namespaces }) => namespaces.filter(({ name }) => name !== 'kube-system'),
    });
  },
  { uses: ['global-policies'] },
);

check(
  requirements['ISO-OTHER-NAMESPACE-IN-DENY'],
  async (context, { matrix }) => {
    context.hint(whichPolicy);
    const { connect, cluster } = context;
    const workers = workerNames(cluster).length;
    const addressed = (owner: string): readonly Destination[] =>
      matrix.targets(
        either(
          toKind('pod', ({ group, protocol, listens }) => group === owner && protocol === 'tcp' && listens),
          toKind('service', ({ group, protocol, by }) => group === owner && protocol === 'tcp' && by === 'address'),
        ),
        workers + 1,
      );
    await connect(
      ['default', 'neutral', ...platformNames].flatMap((other) =>
        tenantNames.map((tenant) =>
          matrix.denial({
            from: matrix.sources(fromGroup(other), { atLeast: 2 }),
            to: addressed(tenant),
            sameSourceReaches: addressed('neutral'),
            targetAnswers: sourcesIn(matrix, tenant, workers),
          }),
        ),
      ),
    );
    await observeClosedHalf(context, { direction: 'ingress', others: ({ namespaces }) => namespaces });
  },
  { uses: ['global-policies'] },
);
