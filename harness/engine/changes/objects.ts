/** Names an object. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** An object as it is written in a manifest, as far as changes look into it. */
export interface ApiObject {
  apiVersion?: string;
  kind?: string;
  metadata?: {
    name?: string;
    namespace?: string;
    labels?: { [key: string]: string };
    annotations?: { [key: string]: string };
    finalizers?: string[];
    resourceVersion?: string;
  };
}

/** An answer that is none of the expected ones. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal';
  /** As HTTP has it: 404 when there is no such object, 409 when there is one, or it has changed meanwhile. */
  readonly code: number;
  /** The refusal in one word of the one that refused, for example `Forbidden`; empty when it gave none. */
  readonly reason: string;

  constructor(message: string, { code, reason }: { code: number; reason: string }) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

/** Whether the answer to a request was this refusal. */
export function isRefusal(error: unknown, code: number): error is Refusal {
  return error instanceof Refusal && error.code === code;
}

/** The store of a cluster's objects. Each call throws a Refusal where it is refused. */
export interface Objects {
  create(object: ApiObject, signal: AbortSignal): Promise<ApiObject>;
  /** Undefined when there is no such object. */
  read(ref: ObjectRef, signal: AbortSignal): Promise<ApiObject | undefined>;
  /** A JSON merge patch (RFC 7386); one that holds a resourceVersion is refused with 409 when the object has another. */
  patch(ref: ObjectRef, mergePatch: object, signal: AbortSignal): Promise<ApiObject>;
  /** False when there is no such object. It may still be there for a while afterwards. */
  delete(ref: ObjectRef, options: object, signal: AbortSignal): Promise<boolean>;
}

/** Namespace and name of an object. */
export function placeText({ name, namespace }: { name: string; namespace?: string | undefined }): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** Kind, namespace and name of an object. */
export function refText({ kind, metadata }: ObjectRef): string {
  return `${kind} ${placeText(metadata)}`;
}

/** Throws for an object without a name: one with a generated name cannot be written down before it is made. */
export function refOf({ apiVersion, kind, metadata }: ApiObject): ObjectRef {
  if (apiVersion === undefined || kind === undefined || metadata?.name === undefined)
    throw new Error(`an object needs apiVersion, kind and name: ${JSON.stringify({ apiVersion, kind, metadata })}`);
  return {
    apiVersion,
    kind,
    metadata: { name: metadata.name, ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }) },
  };
}
