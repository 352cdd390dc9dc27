/** An answer of OpenCost with these totals. */
export function answerWith(totals: Readonly<Record<string, number>>): string {
  const entries = Object.entries(totals).map(([name, totalCost]) => [
    name,
    { cpuCost: totalCost, ramCost: 0, pvCost: 0, totalCost, cpuEfficiency: 0.5, ramEfficiency: 0.25 },
  ]);
  return JSON.stringify({ code: 200, data: [Object.fromEntries(entries)] });
}
