import { type ApiObject, type ObjectRef, type Objects, Refusal, refOf, refText } from '../objects.ts';

type Fields = Record<string, unknown>;

/**
 * The engine's store of objects in memory, with the rules that Objects promises: versions, merge patches, finalizers, and
 * namespaces that take their objects along.
 */
export class ObjectStore implements Objects {
  /** What was asked for, in its order: `delete Pod n/p`. */
  readonly log: string[] = [];
  /** Thrown instead of an answer, as long as it is set. */
  failure: Error | undefined;
  readonly #objects = new Map<string, ApiObject>();
  #version = 0;

  constructor(objects: readonly ApiObject[] = []) {
    for (const object of objects) this.put(object);
  }

  /** The names of all objects, sorted. */
  get names(): string[] {
    return [...this.#objects.keys()].toSorted();
  }

  /** Writes as somebody else would, past the log. */
  put(object: ApiObject): void {
    const written = structuredClone(object);
    this.#version += 1;
    written.metadata = { ...written.metadata, resourceVersion: String(this.#version) };
    this.#objects.set(refText(refOf(object)), written);
  }

  get(ref: ObjectRef): ApiObject | undefined {
    const found = this.#objects.get(refText(ref));
    return found === undefined ? undefined : structuredClone(found);
  }

  create: Objects['create'] = async (object) => {
    const name = this.#asked('create', refOf(object));
    if (this.#objects.has(name)) throw new Refusal(`${name} already exists`, { code: 409, reason: 'AlreadyExists' });
    this.put(object);
    return this.get(refOf(object)) ?? {};
  };

  read: Objects['read'] = async (ref) => {
    this.#asked('read', ref);
    return this.get(ref);
  };

  patch: Objects['patch'] = async (ref, mergePatch) => {
    const name = this.#asked('patch', ref);
    const before = this.get(ref);
    if (before === undefined) throw new Refusal(`${name} not found`, { code: 404, reason: 'NotFound' });
    const version = (mergePatch as ApiObject).metadata?.resourceVersion;
    if (version !== undefined && version !== before.metadata?.resourceVersion)
      throw new Refusal(`${name} has been modified`, { code: 409, reason: 'Conflict' });
    this.put(merged(before, mergePatch) as ApiObject);
    return this.get(ref) ?? {};
  };

  delete: Objects['delete'] = async (ref) => {
    const name = this.#asked('delete', ref);
    const found = this.#objects.get(name);
    if (found === undefined) return false;
    if ((found.metadata?.finalizers ?? []).length > 0) return true;
    this.#objects.delete(name);
    if (ref.kind === 'Namespace') for (const each of this.names) if (each.includes(` ${ref.metadata.name}/`)) this.#objects.delete(each);
    return true;
  };

  #asked(verb: string, ref: ObjectRef): string {
    const name = refText(ref);
    this.log.push(`${verb} ${name}`);
    if (this.failure !== undefined) throw this.failure;
    return name;
  }
}

/** RFC 7386. */
export function merged(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const result: Fields = isFields(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
