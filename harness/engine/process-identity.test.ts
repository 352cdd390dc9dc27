import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { isSameProcess, processStart } from './process-identity.ts';

describe('a process', () => {
  it('is itself while it runs', () => {
    expect(isSameProcess(process.pid, processStart(process.pid) ?? '')).toBe(true);
  });

  it('is not another that began at another time', () => {
    expect(isSameProcess(process.pid, '1')).toBe(false);
  });

  it('with brackets and spaces in its name has a start', async () => {
    const child = spawn('bash', ['-c', 'printf "a) b (c" >/proc/$$/comm; read']);
    await once(child, 'spawn');
    expect(processStart(child.pid ?? 0)).toMatch(/^\d+$/);
    child.stdin.end();
    await once(child, 'exit');
  });

  it('that has ended has no start', async () => {
    const child = spawn('true');
    await once(child, 'exit');
    expect(processStart(child.pid ?? 0)).toBeUndefined();
  });
});
