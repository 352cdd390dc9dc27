import { type ServiceError, status } from '@grpc/grpc-js';
import { Problem, exitCode } from '../../engine/problem.ts';

/** Why a call of the Talos API failed. */
export type TalosFailure =
  | 'permission-denied'
  | 'certificate-refused'
  | 'unreachable'
  | 'deadline'
  | 'unimplemented'
  | 'invalid-argument'
  | 'not-found'
  | 'already-exists'
  | 'failed-precondition'
  | 'cancelled'
  | 'other';

const failures: Readonly<Record<number, TalosFailure>> = {
  [status.PERMISSION_DENIED]: 'permission-denied',
  [status.UNAUTHENTICATED]: 'permission-denied',
  [status.UNAVAILABLE]: 'unreachable',
  [status.DEADLINE_EXCEEDED]: 'deadline',
  [status.UNIMPLEMENTED]: 'unimplemented',
  [status.INVALID_ARGUMENT]: 'invalid-argument',
  [status.NOT_FOUND]: 'not-found',
  [status.ALREADY_EXISTS]: 'already-exists',
  [status.FAILED_PRECONDITION]: 'failed-precondition',
  [status.CANCELLED]: 'cancelled',
};

/** A call of the Talos API that failed; `kind` says which way, `details` are the words of the one that refused. */
export class TalosError extends Error {
  override readonly name = 'TalosError';
  readonly kind: TalosFailure;
  readonly details: string;
  /** What was called, and where. */
  readonly call: string;

  constructor(kind: TalosFailure, details: string, { call, cause }: { call: string; cause?: unknown }) {
    super(`${call}: ${kind}: ${details}`, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.details = details;
    this.call = call;
  }

  /** The same for a user. */
  problem(): Problem {
    const next = hints[this.kind] ?? 'the log of apid on that node';
    return new Problem(
      exitCode.inconclusive,
      { expected: `the Talos API to answer ${this.call}`, saw: `${this.kind}: ${this.details}`, next },
      this,
    );
  }
}

const hints: Readonly<Partial<Record<TalosFailure, string>>> = {
  'permission-denied':
    'another role: the organisation of the talosconfig’s certificate names it (os:admin, os:operator, os:reader, os:etcd:backup)',
  'certificate-refused': 'the talosconfig of this cluster; `openssl x509 -in` shows who signed its certificate and until when',
  unreachable: 'is the node on, does apid run, does the firewall admit this address to port 50000?',
  unimplemented: 'a control plane: etcd’s calls exist only there',
};

/** What gRPC says, as a TalosError. */
export function talosError(error: Pick<ServiceError, 'details'> & { readonly code: number }, call: string): TalosError {
  const known = failures[error.code] ?? 'other';
  return new TalosError(known === 'unreachable' && isTlsRefusal(error.details) ? 'certificate-refused' : known, error.details, {
    call,
    cause: error,
  });
}

/** gRPC reports a failed handshake like a dead address; only the words tell them apart. */
function isTlsRefusal(details: string): boolean {
  return /certificate|SSL alert|self[- ]signed|altnames|unable to verify|signature/i.test(details);
}
