/**
 * The targets of a node, and what tgtadm(8) may do with them: as much as Longhorn's engine asks for (go-iscsi-helper,
 * iscsi/target.go). Refusals have the words of tgtadm, which the engine reads.
 */
import { type LogicalUnit, openLogicalUnit } from './logical-unit.ts';

interface Target {
  readonly name: string;
  lun: LogicalUnit | undefined;
  isBound: boolean;
}

/** A refusal in tgtadm's words. */
class TargetRefusal extends Error {}

const noTarget = "can't find the target";
const noLun = "can't find the logical unit";

type Options = Readonly<Record<string, string>>;

/** `open` makes the logical unit of a volume: its name, its engine's socket, its size in bytes. */
export class Targets {
  readonly #targets = new Map<string, Target>();
  readonly #open: typeof openLogicalUnit;

  constructor(open: typeof openLogicalUnit = openLogicalUnit) {
    this.#open = open;
  }

  /** Does what one call of tgtadm asks for; returns what it prints. Throws a TargetRefusal. */
  async administer(args: readonly string[]): Promise<string> {
    const options = parseOptions(args);
    const command = `${options['--op']} ${options['--mode']}`;
    const perform = this.#commands[command];
    if (perform === undefined) throw new TargetRefusal("this operation isn't supported");
    return (await perform(options)) ?? '';
  }

  /** Names of the targets that an initiator may log in to. */
  names(): string[] {
    return [...this.#targets.values()].filter(({ isBound }) => isBound).map(({ name }) => name);
  }

  /** The logical unit of a target. Throws a TargetRefusal. */
  lunOf(name: string): LogicalUnit {
    const target = [...this.#targets.values()].find((each) => each.name === name);
    if (target === undefined) throw new TargetRefusal(noTarget);
    return required(target.lun, noLun);
  }

  async removeAll(): Promise<void> {
    await Promise.allSettled([...this.#targets.values()].flatMap(({ lun }) => (lun === undefined ? [] : [lun.remove()])));
  }

  readonly #commands: Readonly<Record<string, (options: Options) => Promise<string | void>>> = {
    // The engine looks for the names of the backing stores.
    'show system': async () => 'System:\n    State: ready\nLLDs:\n    iscsi: ready\nBacking stores:\n    longhorn\n    rdwr\n',
    'show target': async () => [...this.#targets].map(([id, { name }]) => `Target ${id}: ${name}\n`).join(''),
    'show conn': async (options) => (this.#target(options).lun?.isLoggedIn() === true ? 'Session: 1\n    Connection: 0\n' : ''),
    'new target': async (options) => this.#add(options),
    'delete target': async (options) => this.#remove(options),
    'bind target': async (options) => {
      this.#target(options).isBound = true;
    },
    'unbind target': async (options) => {
      const target = this.#target(options);
      if (!target.isBound) throw new TargetRefusal('this access control rule does not exist');
      target.isBound = false;
    },
    'new logicalunit': (options) => this.#addLun(options),
    'update logicalunit': async (options) => this.#updateLun(options),
    'delete logicalunit': async (options) => {
      const target = this.#target(options);
      const lun = required(target.lun, noLun);
      target.lun = undefined;
      await lun.remove();
    },
    'delete conn': (options) => required(this.#target(options).lun, noLun).logout(),
  };

  #target(options: Options): Target {
    return required(this.#targets.get(options['--tid'] ?? ''), noTarget);
  }

  #add(options: Options): void {
    const id = options['--tid'] ?? '';
    if (this.#targets.has(id)) throw new TargetRefusal('this target already exists');
    this.#targets.set(id, { name: options['-T'] ?? '', lun: undefined, isBound: false });
  }

  #remove(options: Options): void {
    if (this.#target(options).lun !== undefined) throw new TargetRefusal('this target is still active');
    this.#targets.delete(options['--tid'] ?? '');
  }

  async #addLun(options: Options): Promise<void> {
    const target = this.#target(options);
    if (target.lun !== undefined) throw new TargetRefusal('this logical unit number already exists');
    const size = sizeIn(options['--bsopts']);
    if (size === undefined) throw new TargetRefusal('invalid request');
    target.lun = await this.#open(fileNameOf(target.name), options['-b'] ?? '', size);
  }

  /** Thin provisioning and the cache's mode page are as asked for anyway; what changes is the size. */
  #updateLun(options: Options): void {
    const size = sizeIn(options['--params']);
    const lun = required(this.#target(options).lun, noLun);
    if (size !== undefined) lun.setSize(size);
  }
}

function required<T>(value: T | undefined, otherwise: string): T {
  if (value === undefined) throw new TargetRefusal(otherwise);
  return value;
}

/** `--name value` and `-x value` pairs. */
function parseOptions(args: readonly string[]): Options {
  const options: Record<string, string> = {};
  for (let index = 0; index < args.length; index += 2) options[args[index] ?? ''] = args[index + 1] ?? '';
  return options;
}

/** `size=1073741824;request_timeout=15`, `bsopts=size=2147483648`. */
function sizeIn(text: string | undefined): number | undefined {
  const digits = /(?:^|[;=])size=(\d+)/.exec(text ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function fileNameOf(target: string): string {
  return target.replaceAll(/[^A-Za-z0-9._-]/g, '_');
}
