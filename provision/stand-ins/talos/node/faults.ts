import { readFile } from 'node:fs/promises';

/** Faults that can be switched on at a node; apid.ts says what each does. */
export type Fault =
  | 'talos-any-role'
  | 'talos-reboot-ignored'
  | 'talos-snapshot-truncated'
  | 'talos-hostname-wrong'
  | 'talos-configuration-volatile'
  | 'talos-firewall-idle';

/** Whether a fault is on; the file is read at every call, so that a switch acts at once. */
export async function faultIsOn(file: string, fault: Fault): Promise<boolean> {
  try {
    const switches = JSON.parse(await readFile(file, 'utf8')) as Partial<Record<Fault, string>>;
    return switches[fault] === 'on';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return false;
    throw error;
  }
}
