/** A virtual machine as vSphere tells of it. */
export interface VirtualMachine {
  readonly name: string;
  readonly processors: number;
  readonly memoryMiB: number;
  /** Capacities, bytes, in the order of the disks. */
  readonly disks: readonly number[];
  /** Hardware addresses of its network cards. */
  readonly cards: readonly string[];
  readonly isOn: boolean;
  readonly tools: string;
  readonly hostName: string;
  readonly address: string;
}

/** The parts of `govc vm.info -json` that are read (vSphere API: VirtualMachine). */
interface Answer {
  readonly virtualMachines?: readonly {
    readonly name: string;
    readonly config?: {
      readonly hardware?: {
        readonly numCPU?: number;
        readonly memoryMB?: number;
        readonly device?: readonly { readonly capacityInBytes?: number; readonly macAddress?: string }[];
      };
    };
    readonly runtime?: { readonly powerState?: string };
    readonly guest?: { readonly toolsRunningStatus?: string; readonly hostName?: string; readonly ipAddress?: string };
  }[];
}

/** The machines of an answer of govc. Throws for a text that is no JSON. */
export function virtualMachines(json: string): VirtualMachine[] {
  const { virtualMachines: machines = [] } = JSON.parse(json) as Answer;
  return machines.map(({ name, config, runtime, guest }) => {
    const { numCPU = 0, memoryMB = 0, device = [] } = config?.hardware ?? {};
    return {
      name,
      processors: numCPU,
      memoryMiB: memoryMB,
      disks: device.flatMap(({ capacityInBytes }) => capacityInBytes ?? []),
      cards: device.flatMap(({ macAddress }) => macAddress ?? []),
      isOn: runtime?.powerState === 'poweredOn',
      tools: guest?.toolsRunningStatus ?? 'unknown',
      hostName: guest?.hostName ?? '',
      address: guest?.ipAddress ?? '',
    };
  });
}

/** Guide, Step 3; a gigabyte as vSphere counts it. */
const documented = {
  'control-plane': { processors: 2, memoryMiB: 4096, disks: [50] },
  worker: { processors: 4, memoryMiB: 8192, disks: [50, 100] },
} as const;
const gibibyte = 1024 ** 3;

/** What of a machine is not as documented, in words; none when all is. Larger than documented is not as documented either. */
export function machineFaults({ processors, memoryMiB, disks, cards, isOn }: VirtualMachine, role: keyof typeof documented): string[] {
  const wanted = documented[role];
  const sizes = disks.map((bytes) => Math.round(bytes / gibibyte));
  return [
    ...(processors === wanted.processors ? [] : [`${processors} processors, not ${wanted.processors}`]),
    ...(memoryMiB === wanted.memoryMiB ? [] : [`${memoryMiB} MiB of memory, not ${wanted.memoryMiB}`]),
    ...(sizes.join() === wanted.disks.join() ? [] : [`disks of ${sizes.join(' and ') || 'no'} GiB, not ${wanted.disks.join(' and ')}`]),
    ...(cards.length === 1 ? [] : [`${cards.length} network cards`]),
    ...(isOn ? [] : ['off']),
  ];
}
