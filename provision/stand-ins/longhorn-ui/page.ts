/** The page that the UI serves: a dashboard of volumes and nodes, which it reads from /v1 of its own address. */
export const page = `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>Longhorn</title>
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <style>
    body { font-family: sans-serif; margin: 2rem; color: #333; }
    table { border-collapse: collapse; margin: .5rem 0 2rem; }
    th, td { border-bottom: 1px solid #ddd; padding: .3rem 1rem .3rem 0; text-align: left; }
    .healthy { color: #27ae5f; } .degraded { color: #f0a313; } .faulted { color: #f15354; }
  </style>
</head>
<body>
  <div id="root">
    <h1>Longhorn</h1>
    <p>Stand-in for the UI of Longhorn v1.10.1: it shows what the manager's API answers.</p>
    <h2>Volume</h2>
    <table><thead><tr><th>Name</th><th>State</th><th>Robustness</th><th>Size</th><th>Node</th><th>Replicas</th></tr></thead><tbody id="volumes"></tbody></table>
    <h2>Node</h2>
    <table><thead><tr><th>Name</th><th>Ready</th><th>Schedulable</th><th>Disk</th><th>Scheduled</th><th>Available</th><th>Maximum</th></tr></thead><tbody id="nodes"></tbody></table>
  </div>
  <script>
    const gib = (bytes) => (Number(bytes) / 2 ** 30).toFixed(1) + ' Gi';
    const fill = (id, rows) => {
      document.getElementById(id).replaceChildren(...rows.map((cells) => {
        const row = document.createElement('tr');
        for (const text of cells) {
          const cell = document.createElement('td');
          cell.textContent = text;
          if (['healthy', 'degraded', 'faulted'].includes(text)) cell.className = text;
          row.append(cell);
        }
        return row;
      }));
    };
    const read = async (path) => (await (await fetch(path)).json()).data;
    const show = async () => {
      const volumes = await read('v1/volumes');
      const nodes = await read('v1/nodes');
      fill('volumes', volumes.map((volume) => [volume.name, volume.state, volume.robustness, gib(volume.size), volume.controllers?.[0]?.hostId ?? '', String(volume.replicas?.length ?? 0)]));
      fill('nodes', nodes.flatMap((node) => Object.values(node.disks ?? {}).map((disk) => [
        node.name, node.conditions.Ready?.status ?? '', node.conditions.Schedulable?.status ?? '', disk.path, gib(disk.storageScheduled), gib(disk.storageAvailable), gib(disk.storageMaximum),
      ])));
    };
    show();
    setInterval(show, 5000);
  </script>
</body>
</html>
`;
