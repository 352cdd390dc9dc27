import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** Products of the documented cluster. The engine decides; knowledge of a product is the platform's. */
const products = /\b(calico|felix|metallb|longhorn|talos|canine|opencost|prometheus|falco|coredns|vsphere)/i;

const files = globSync('**/*.ts', { cwd: import.meta.dirname }).filter((file) => !file.endsWith('.test.ts'));

it.each(files)('%s names no product', (file) => {
  const lines = readFileSync(join(import.meta.dirname, file), 'utf8').split('\n');
  expect(lines.filter((line) => products.test(line))).toEqual([]);
});
