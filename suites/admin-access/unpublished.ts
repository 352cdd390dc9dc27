import { type Claim, type ClaimAttempt, type Destination, type Source } from '../../harness/probe/claims.ts';

export interface Unpublished {
  readonly from: readonly Source[];
  /** Ports on which nothing may answer anybody, so that no source is there to anchor them. */
  readonly to: readonly Destination[];
  /** In place of the second anchor: another port, or the ping, of the same hosts. */
  readonly hostsAnswer: readonly { readonly from: Source; readonly to: Destination }[];
  /** First anchor: each source reaches this. Left out where the sources are those whom the hosts answer. */
  readonly sameSourceReaches?: (source: Source) => Destination;
}

/** Nobody connects to ports that nothing publishes, by whichever failure, while their hosts are there. */
export function unpublished({ from, to, hostsAnswer, sameSourceReaches }: Unpublished): Claim {
  if (from.length === 0 || to.length === 0 || hostsAnswer.length === 0)
    throw new RangeError('a claim about unpublished ports needs sources, targets, and something that their hosts answer to');
  const anchors = [
    ...hostsAnswer,
    ...(sameSourceReaches === undefined ? [] : from.map((source) => ({ from: source, to: sameSourceReaches(source) }))),
  ];
  const unanchored = from.find((source) => !anchors.some((anchor) => anchor.from.name === source.name));
  if (unanchored !== undefined) throw new RangeError(`${unanchored.name} reaches nothing in this claim`);
  return {
    attempts: [
      ...from.flatMap((source) => to.map((each): ClaimAttempt => ({ role: 'observation', from: source, to: each, expect: 'not-reached' }))),
      ...anchors.map((anchor): ClaimAttempt => ({ role: 'control', ...anchor, expect: 'reached' })),
    ],
  };
}
