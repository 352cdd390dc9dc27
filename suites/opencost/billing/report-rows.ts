import type { AllocationSet } from '../../../harness/platform/opencost/allocation.ts';

/** A row of tenant-cost-report.sh. */
interface ReportRow {
  readonly namespace: string;
  readonly cpu: string;
  readonly ram: string;
  readonly total: string;
  readonly cpuPercent: number;
  readonly ramPercent: number;
}

/** The rows of a report, as they are printed. */
export function reportRows(printed: string): ReportRow[] {
  return printed.split('\n').flatMap((line) => {
    const [, namespace, cpu, ram, total, cpuPercent, ramPercent] =
      /^(\S+)\s+(-?[\d.]+)\s+(-?[\d.]+)\s+(-?[\d.]+)\s+(-?\d+)%\s+(-?\d+)%$/.exec(line.trimEnd()) ?? [];
    if (namespace === undefined || cpu === undefined || ram === undefined || total === undefined) return [];
    return [{ namespace, cpu, ram, total, cpuPercent: Number(cpuPercent), ramPercent: Number(ramPercent) }];
  });
}

/** Rows that do not say what the answer says, to four decimals and whole percents, in words; missing and unknown ones among them. */
export function unlikeAnswer(rows: readonly ReportRow[], set: AllocationSet): string[] {
  const missing = [...set.keys()].filter((name) => !rows.some(({ namespace }) => namespace === name));
  const wrong = rows.filter((row) => {
    const entry = set.get(row.namespace);
    if (entry === undefined) return true;
    const costs = [entry.cpuCost, entry.ramCost, entry.totalCost].map((cost) => cost.toFixed(4));
    const percents = [entry.cpuEfficiency ?? 0, entry.ramEfficiency ?? 0].map((share) => Math.floor(share * 100));
    const isSame = [row.cpu, row.ram, row.total].every((text, index) => isNear(text, costs[index] ?? ''));
    return !isSame || row.cpuPercent !== percents[0] || row.ramPercent !== percents[1];
  });
  return [...missing.map((name) => `no row for ${name}`), ...wrong.map((row) => Object.values(row).join(' '))];
}

/** To the last of four decimals: two programs may round a half to either side. */
function isNear(one: string, other: string): boolean {
  return Math.abs(Number(one) - Number(other)) < 0.000_15 && /^-?\d+\.\d{4}$/.test(one);
}

/** A line of monthly-invoice.sh's file. */
interface InvoiceLine {
  readonly namespace: string;
  /** CPU, RAM, storage, total. */
  readonly costs: readonly number[];
}

/** The lines of an invoice; one with other than five fields has NaN as its total. */
export function invoiceLines(text: string): InvoiceLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [namespace = '', ...costs] = line.split('\t');
      return { namespace, costs: costs.length === 4 ? costs.map(Number) : [Number.NaN] };
    });
}

/** The lines that are no tenant of the answer, or say other costs, and the tenants without a line, in words. */
export function unlikeTenants(lines: readonly InvoiceLine[], set: AllocationSet): string[] {
  const tenants = [...set].filter(([name]) => name.startsWith('canine-'));
  const missing = tenants.filter(([name]) => !lines.some(({ namespace }) => namespace === name)).map(([name]) => `no line for ${name}`);
  const wrong = lines.filter(({ namespace, costs }) => {
    const entry = tenants.find(([name]) => name === namespace)?.[1];
    const expected = entry === undefined ? [] : [entry.cpuCost, entry.ramCost, entry.pvCost, entry.totalCost];
    return costs.join(' ') !== expected.join(' ');
  });
  return [...missing, ...wrong.map(({ namespace, costs }) => `${namespace} ${costs.join(' ')}`)];
}

/** Whether numbers descend, equal ones included. */
export function descends(values: readonly number[]): boolean {
  return values.every((value, index) => index === 0 || value <= (values[index - 1] ?? 0));
}
