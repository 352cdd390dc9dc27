/** The programs that are being built and the number that is left, for the progress line. */
export class BuildProgress {
  readonly #startedAt = Date.now();
  readonly #total: number;
  readonly #running = new Set<string>();
  #left: string[];
  #done = 0;

  /** `programs` in the order in which they will be built, as `upstream/program`. */
  constructor(programs: readonly string[]) {
    this.#total = programs.length;
    this.#left = [...programs];
  }

  begin(program: string): void {
    this.#running.add(program);
    this.#left.splice(this.#left.indexOf(program), 1);
  }

  end(program: string): void {
    this.#running.delete(program);
    this.#done += 1;
  }

  /** Counts an upstream's programs that another process built in the meantime. */
  skipRest(upstream: string): void {
    const isOf = (program: string) => program.startsWith(`${upstream}/`);
    this.#done += this.#left.filter(isOf).length;
    this.#left = this.#left.filter((program) => !isOf(program));
  }

  get isBuilding(): boolean {
    return this.#running.size > 0;
  }

  line(): string {
    const building = `building ${[...this.#running].join(' and ')}`;
    const upstreams = [...new Set(this.#left.map((program) => program.split('/')[0]))];
    const left = upstreams.length === 0 ? 'nothing else left' : `then ${upstreams.join(', ')}`;
    return `${building}; ${this.#done} of ${this.#total} done in ${elapsed(Date.now() - this.#startedAt)}; ${left}`;
  }
}

function elapsed(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
