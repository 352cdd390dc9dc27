import { readFileSync } from 'node:fs';

/** When a process began: field 22 of /proc/PID/stat (proc(5)), in clock ticks since boot. Undefined when there is no such process. */
export function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Counted behind the command's name, which may hold spaces and brackets.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

/** Whether that very process still runs: a process number is used again, a number with the time of its beginning is not. */
export function isSameProcess(pid: number, start: string): boolean {
  return processStart(pid) === start;
}
