/** What the webhook answers to an object that it refuses (webhook/error of longhorn-manager). */
export class Refusal extends Error {
  readonly code: number;
  readonly reason: string;
  readonly field: string;

  constructor(message: string, field = '', code = 422) {
    super(message);
    this.name = 'Refusal';
    this.field = field;
    this.code = code;
    this.reason = code === 422 ? 'Invalid' : 'Forbidden';
  }
}
