import { readFileSync } from 'node:fs';

/** The fields of /proc/PID/stat (proc(5)) behind the command's name, the third one first. Undefined when there is no such process. */
export function processStat(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Counted behind the command's name, which may hold spaces and brackets.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

/** When a process began: field 22, in clock ticks since boot. Undefined when there is no such process. */
export function processStart(pid: number): string | undefined {
  return processStat(pid)?.[19];
}

/** Whether that very process still runs: a process number is used again, a number with the time of its beginning is not. */
export function isSameProcess(pid: number, start: string): boolean {
  return processStart(pid) === start;
}
