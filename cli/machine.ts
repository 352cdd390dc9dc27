import { Problem, exitCode } from '../harness/engine/problem.ts';

/** The lab is made of namespaces, mounts and control groups, which only root may make. */
export function requireLinuxRoot(): void {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Problem(exitCode.usage, {
      expected: 'Linux on x86-64',
      saw: `${process.platform} on ${process.arch}`,
      next: 'run it in a virtual machine with Linux on x86-64',
    });
  }
  if (process.getuid?.() === 0) return;
  throw new Problem(exitCode.usage, {
    expected: 'root, because a lab is made of namespaces, mounts and control groups',
    saw: `user ${process.getuid?.()}`,
    next: 'sudo ./conform ...',
  });
}
