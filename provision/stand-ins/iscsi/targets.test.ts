import { expect, test } from 'vitest';
import type { LogicalUnit } from './logical-unit.ts';
import { Targets } from './targets.ts';

const iqn = 'iqn.2019-10.io.longhorn:vol-1';

interface Opened {
  readonly name: string;
  readonly socket: string;
  size: number;
  isLoggedIn: boolean;
  isRemoved: boolean;
}

/** Targets whose logical units are only noted down. */
function noted(): { targets: Targets; opened: Opened[] } {
  const opened: Opened[] = [];
  const targets = new Targets(async (name, socket, size) => {
    const unit: Opened = { name, socket, size, isLoggedIn: false, isRemoved: false };
    opened.push(unit);
    return {
      login: async () => {
        unit.isLoggedIn = true;
        return 'loop7';
      },
      logout: async () => {
        unit.isLoggedIn = false;
      },
      isLoggedIn: () => unit.isLoggedIn,
      setSize: (bytes) => {
        unit.size = bytes;
      },
      rescan: async () => undefined,
      remove: async () => {
        unit.isRemoved = true;
      },
    } satisfies LogicalUnit;
  });
  return { targets, opened };
}

/** The calls of an engine (go-iscsi-helper, iscsi/target.go). */
function calls(targets: Targets): (line: string) => Promise<string> {
  return (line) => targets.administer(`--lld iscsi ${line}`.split(' '));
}

async function attached(): Promise<ReturnType<typeof noted> & { call: ReturnType<typeof calls> }> {
  const all = noted();
  const call = calls(all.targets);
  await call(`--op new --mode target --tid 1 -T ${iqn}`);
  await call(
    '--op new --mode logicalunit --tid 1 --lun 1 -b /var/run/longhorn-vol-1.sock --bstype longhorn --bsopts size=1073741824;request_timeout=15',
  );
  await call('--op update --mode logicalunit --tid 1 --lun 1 --params thin_provisioning=1');
  await call('--op bind --mode target --tid 1 -I ALL');
  return { ...all, call };
}

test('an engine finds the backing stores that it looks for, and no target at first', async () => {
  const call = calls(noted().targets);
  expect(await call('--op show --mode system')).toMatch(/ longhorn\n.* rdwr\n/s);
  expect(await call('--op show --mode target')).toBe('');
});

test("a volume's target has its name, size and the engine's socket", async () => {
  const { targets, opened, call } = await attached();
  expect(opened).toEqual([
    { name: 'iqn.2019-10.io.longhorn_vol-1', socket: '/var/run/longhorn-vol-1.sock', size: 2 ** 30, isLoggedIn: false, isRemoved: false },
  ]);
  expect(targets.names()).toEqual([iqn]);
  expect(await call('--op show --mode target')).toBe(`Target 1: ${iqn}\n`);
});

test('a connection is shown while somebody is logged in', async () => {
  const { targets, call } = await attached();
  const shown = async (): Promise<boolean> => (await call('--op show --mode conn --tid 1')).includes('Session: 1\n    Connection: 0');
  expect(await shown()).toBe(false);
  expect(await targets.lunOf(iqn).login()).toBe('loop7');
  expect(await shown()).toBe(true);
  await call('--op delete --mode conn --tid 1 --sid 1 --cid 0');
  expect(await shown()).toBe(false);
});

test('a volume grows', async () => {
  const { opened, call } = await attached();
  await call('--op update --mode logicalunit --tid 1 --lun 1 --params bsopts=size=2147483648');
  expect(opened[0]?.size).toBe(2 ** 31);
});

test('a target goes in the order in which an engine takes it away', async () => {
  const { targets, opened, call } = await attached();
  await call('--op unbind --mode target --tid 1 -I ALL');
  expect(targets.names()).toEqual([]);
  await expect(call('--op delete --mode target --tid 1')).rejects.toThrow('this target is still active');
  await call('--op delete --mode logicalunit --tid 1 --lun 1');
  await call('--op delete --mode target --tid 1');
  expect(opened[0]?.isRemoved).toBe(true);
  expect(await call('--op show --mode target')).toBe('');
});

test.each([
  ['--op new --mode target --tid 1 -T other', 'this target already exists'],
  ['--op bind --mode target --tid 2 -I ALL', "can't find the target"],
  ['--op new --mode logicalunit --tid 1 --lun 1 -b x --bstype longhorn --bsopts size=1', 'this logical unit number already exists'],
  ['--op show --mode account', "this operation isn't supported"],
])('%s is refused in the words that the engine reads', async (line, refusal) => {
  const { call } = await attached();
  await expect(call(line)).rejects.toThrow(refusal);
});

test('to unbind twice is refused as an engine expects it', async () => {
  const { call } = await attached();
  await call('--op unbind --mode target --tid 1 -I ALL');
  await expect(call('--op unbind --mode target --tid 1 -I ALL')).rejects.toThrow('this access control rule does not exist');
});
