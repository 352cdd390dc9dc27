/** The page; its script is the application, as in OpenCost's user interface. */
export const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>OpenCost</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1c2430; }
  table { border-collapse: collapse; width: 100%; }
  th, td { border-bottom: 1px solid #d8dee6; padding: .35rem .6rem; text-align: right; }
  th:first-child, td:first-child { text-align: left; }
  select { font: inherit; margin-right: 1rem; }
</style>
</head>
<body>
<div id="app">
<h1>Cost Allocation</h1>
<p>
<label>Window <select id="window"><option>today</option><option>yesterday</option><option selected>7d</option><option>30d</option></select></label>
<label>By <select id="aggregate"><option>namespace</option><option>controller</option><option>pod</option><option>node</option></select></label>
<span id="state" role="status"></span>
</p>
<table>
<thead><tr><th>Name</th><th>CPU</th><th>RAM</th><th>PV</th><th>Efficiency</th><th>Total cost</th></tr></thead>
<tbody id="rows"></tbody>
</table>
</div>
<script src="/opencost.js"></script>
</body>
</html>
`;

/** Reads /model/allocation and shows it, dearest first. */
export const script = `const element = (id) => document.getElementById(id);
const dollars = (value) => '$' + value.toFixed(4);
async function show() {
  element('state').textContent = 'Loading';
  const query = new URLSearchParams({ window: element('window').value, aggregate: element('aggregate').value, includeIdle: 'true', accumulate: 'true' });
  const response = await fetch('/model/allocation?' + query);
  const answer = await response.json();
  const entries = Object.values(answer.data[0] ?? {}).sort((one, other) => other.totalCost - one.totalCost);
  element('rows').replaceChildren(...entries.map((entry) => {
    const row = document.createElement('tr');
    const cells = [entry.name, dollars(entry.cpuCost), dollars(entry.ramCost), dollars(entry.pvCost), (entry.totalEfficiency * 100).toFixed(1) + '%', dollars(entry.totalCost)];
    row.append(...cells.map((text) => Object.assign(document.createElement('td'), { textContent: text })));
    return row;
  }));
  element('state').textContent = entries.length === 0 ? 'No costs yet' : '';
}
const refresh = () => show().catch((error) => { element('state').textContent = String(error); });
element('window').addEventListener('change', refresh);
element('aggregate').addEventListener('change', refresh);
refresh();
`;
