/** A request as it goes over the wire; to whichever server of the API, as whichever caller. */
export interface WireRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface WireAnswer {
  readonly status: number;
  /** By their names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Sends a request and returns the whole answer, whatever its status. Throws when there is none. */
export type Exchange = (request: WireRequest, signal?: AbortSignal) => Promise<WireAnswer>;
