/**
 * An amd64 program that calls ptrace(PTRACE_ATTACH) for a process ID beyond all that exist, and ends: an attempt that harms nobody.
 * No program of the probe image makes that call, and a shell cannot. Machine code by the Intel manual; numbers of system calls by
 * Linux's arch/x86/entry/syscalls/syscall_64.tbl, PTRACE_ATTACH by its include/uapi/linux/ptrace.h, PID_MAX_LIMIT by threads.h.
 */
const code = [
  [0xbf, 0x10, 0x00, 0x00, 0x00], // mov edi, 16: PTRACE_ATTACH
  [0xbe, 0x00, 0x00, 0x40, 0x00], // mov esi, 0x400000: PID_MAX_LIMIT, which no process has
  [0x31, 0xd2], // xor edx, edx
  [0x45, 0x31, 0xd2], // xor r10d, r10d
  [0xb8, 0x65, 0x00, 0x00, 0x00], // mov eax, 101: ptrace
  [0x0f, 0x05], // syscall
  [0x31, 0xff], // xor edi, edi
  [0xb8, 0x3c, 0x00, 0x00, 0x00], // mov eax, 60: exit
  [0x0f, 0x05], // syscall
].flat();

const loadedAt = 0x40_0000n;
const [elfHeaderBytes, programHeaderBytes] = [64, 56];

/** The program as an ELF file (elf(5)): its header, one segment that is the whole file, and the code. */
export function ptraceAttach(): Buffer {
  const start = elfHeaderBytes + programHeaderBytes;
  const size = BigInt(start + code.length);
  const file = Buffer.alloc(Number(size));
  // e_ident: magic number, 64 bits, little endian, version 1.
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(2, 16); // e_type: ET_EXEC
  file.writeUInt16LE(62, 18); // e_machine: EM_X86_64
  file.writeUInt32LE(1, 20); // e_version
  file.writeBigUInt64LE(loadedAt + BigInt(start), 24); // e_entry
  file.writeBigUInt64LE(BigInt(elfHeaderBytes), 32); // e_phoff
  file.writeUInt16LE(elfHeaderBytes, 52); // e_ehsize
  file.writeUInt16LE(programHeaderBytes, 54); // e_phentsize
  file.writeUInt16LE(1, 56); // e_phnum
  file.writeUInt32LE(1, 64); // p_type: PT_LOAD
  file.writeUInt32LE(5, 68); // p_flags: read and execute
  file.writeBigUInt64LE(loadedAt, 80); // p_vaddr
  file.writeBigUInt64LE(loadedAt, 88); // p_paddr
  file.writeBigUInt64LE(size, 96); // p_filesz
  file.writeBigUInt64LE(size, 104); // p_memsz
  file.writeBigUInt64LE(0x1000n, 112); // p_align
  file.set(code, start);
  return file;
}
