/** A command of the guide, run as it stands there, by bash in the reader's folder on the admin workstation. */
export interface GuideCommand {
  /** The guide's heading that it stands under. */
  readonly guide: string;
  readonly command: string;
  /** What its output must show on a corrected cluster. */
  readonly shows: readonly RegExp[];
  readonly hides?: readonly RegExp[];
  /** It is repeated until it shows that, at most so long; the guide sleeps before it. */
  readonly withinMs?: number;
}

const kubectl = 'kubectl --kubeconfig=kubeconfig';
const opencost = 'OPENCOST_API="http://192.168.29.102:9003"';
const nodes = ['cp01', 'cp02', 'cp03', 'w01', 'w02', 'w03'];
const poolRows = [/^admin-pool +false +/m, /^tenant-pool +true +/m];
const policyRows = [
  /^allow-admin-to-platform-services/m,
  /^deny-non-admin-to-platform-services/m,
  /^deny-tenant-to-platform-egress/m,
  /^allow-admin-to-k8s-api/m,
];
/** A figure above zero, however jq writes it: 0.0123, 1.2e-05. */
const aboveZero = String.raw`(?:0?\.0*[1-9]\d*|[1-9]\d*(?:\.\d+)?)(?:e-?\d+)?`;
/** The first cost of a tenant's new load; issue 4 gives it 120 s. */
const firstCostMs = 120_000;
/** The guide's own "sleep 60" after a claim and its pod. */
const podMs = 60_000;

/** A load in canine-alice, so that there is a cost to show; the guide assumes tenants' applications. */
export const tenantLoad = `${kubectl} apply -f - <<'EOF'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: canine-alice}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx
          resources: {requests: {cpu: 500m, memory: 256Mi}, limits: {cpu: 500m, memory: 256Mi}}
EOF`;

const testVolume = `${kubectl} apply -f - <<'EOF'
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: test-pvc
spec:
  accessModes:
    - ReadWriteOnce
  storageClassName: longhorn
  resources:
    requests:
      storage: 5Gi
---
apiVersion: v1
kind: Pod
metadata:
  name: test-pod
spec:
  containers:
    - name: test
      image: nginx
      volumeMounts:
        - name: data
          mountPath: /data
  volumes:
    - name: data
      persistentVolumeClaim:
        claimName: test-pvc
EOF`;

const verifyStorage: GuideCommand[] = [
  { guide: 'Verify Longhorn Storage', command: testVolume, shows: [/persistentvolumeclaim\/test-pvc created/, /pod\/test-pod created/] },
  {
    guide: 'Verify Longhorn Storage',
    command: `${kubectl} get pvc test-pvc`,
    shows: [/^test-pvc +Bound +pvc-\S+ +5Gi +RWO +longhorn/m],
    withinMs: podMs,
  },
  {
    guide: 'Verify Longhorn Storage',
    command: `${kubectl} exec test-pod -- sh -c "echo 'Longhorn OK' > /data/test.txt"\n${kubectl} exec test-pod -- cat /data/test.txt`,
    shows: [/^Longhorn OK$/m],
    withinMs: podMs,
  },
  {
    guide: 'Verify Longhorn Storage',
    command: `${kubectl} delete pod test-pod\n${kubectl} delete pvc test-pvc`,
    shows: [/pod "test-pod" deleted/, /persistentvolumeclaim "test-pvc" deleted/],
  },
];

const adminServices: GuideCommand[] = [
  {
    guide: 'Expose Longhorn UI (Admin only — see IP Allowlist section)',
    command: `${kubectl} get svc -n longhorn-system longhorn-frontend-lb`,
    shows: [/LoadBalancer +\S+ +192\.168\.29\.100 /],
  },
  { guide: 'Expose Longhorn UI (Admin only — see IP Allowlist section)', command: 'curl -s http://192.168.29.100', shows: [/Longhorn/] },
  // Erratum E98: the guide expects 200, without -L.
  {
    guide: 'Step 5: Verify Admin Access Control',
    command: 'curl -s -o /dev/null -w "%{http_code}" http://192.168.29.101',
    shows: [/^302$/m],
  },
  {
    guide: 'Step 5: Verify Admin Access Control',
    command: 'curl -L -s -o /dev/null -w "%{http_code}" http://192.168.29.101',
    shows: [/^200$/m],
  },
  { guide: 'Step 5: Install Canine', command: 'curl -L -s http://canine.29.talos.vaheed.net', shows: [/Canine/] },
  {
    guide: 'Step 5: Expose OpenCost (Admin only)',
    command: `${kubectl} get svc -n opencost opencost-ui-lb`,
    shows: [/LoadBalancer +\S+ +192\.168\.29\.102 +80:\d+\/TCP,9003:\d+\/TCP/],
  },
  { guide: 'Step 5: Expose OpenCost (Admin only)', command: 'curl -s http://192.168.29.102', shows: [/OpenCost/i] },
];

const costs: GuideCommand[] = [
  {
    guide: 'Step 6: OpenCost API – Complete Operations Reference',
    command: `${opencost}
curl -sG $OPENCOST_API/allocation \\
  -d window=7d \\
  -d aggregate=namespace \\
  -d accumulate=true \\
  -d resolution=1m | jq '.data[0] | to_entries[] | {namespace: .key, totalCost: .value.totalCost}'`,
    shows: [new RegExp(String.raw`"namespace": "canine-alice",\s+"totalCost": ${aboveZero}\s`)],
    withinMs: firstCostMs,
  },
  {
    guide: 'Step 6: OpenCost API – Complete Operations Reference',
    command: `${opencost}
curl -sG $OPENCOST_API/allocation \\
  -d window=7d \\
  -d aggregate=deployment \\
  -d accumulate=true \\
  -d 'filter=namespace:"canine-alice"' | \\
  jq '.data[0] | to_entries[] | {deployment: .key, totalCost: .value.totalCost}'`,
    shows: [new RegExp(String.raw`"deployment": "[^"]*web",\s+"totalCost": ${aboveZero}\s`)],
    withinMs: firstCostMs,
  },
  {
    guide: 'Step 6: OpenCost API – Complete Operations Reference',
    command: `${opencost}
curl -sG $OPENCOST_API/allocation \\
  -d window=30d \\
  -d aggregate=cluster \\
  -d accumulate=true | jq '.data[0]'`,
    shows: [new RegExp(String.raw`"totalCost": ${aboveZero}`)],
  },
  {
    guide: 'Step 7: Automated Tenant Cost Report',
    command: './tenant-cost-report.sh',
    shows: [/^=== Tenant Cost Report/m, /^canine-alice +0\.\d{4} /m, /^All costs in USD$/m],
  },
  {
    guide: 'OPT-6: OpenCost Showback via API – Automated Monthly Invoice',
    command: './monthly-invoice.sh',
    shows: [/Invoice saved: invoice-\d{4}-\d{2}\.tsv/],
  },
];

const healthCheck: GuideCommand[] = [
  {
    guide: 'Complete Cluster Health Check',
    command: `${kubectl} get nodes -o wide`,
    shows: nodes.map((name) => new RegExp(`^${name} +Ready `, 'm')),
  },
  {
    guide: 'Complete Cluster Health Check',
    command: `${kubectl} get pods -A | grep -v Running | grep -v Completed`,
    shows: [/^NAMESPACE/],
    hides: [/Pending|Error|CrashLoop|ContainerCreating|Init:|Unknown|ImagePull/],
    withinMs: podMs,
  },
  {
    guide: 'Complete Cluster Health Check',
    command: `${kubectl} get storageclass`,
    shows: [/^longhorn \(default\) +driver\.longhorn\.io +Delete +Immediate +true/m],
  },
  {
    guide: 'Complete Cluster Health Check',
    command: `${kubectl} get ipaddresspool -n metallb-system`,
    shows: poolRows,
    hides: [/default-pool/],
  },
  {
    guide: 'Complete Cluster Health Check',
    command: `${kubectl} get pods -n longhorn-system | grep -v Running | head -5`,
    shows: [/^NAME/],
    hides: [/\d+\/\d+/],
    withinMs: podMs,
  },
  {
    guide: 'Complete Cluster Health Check',
    command: `${kubectl} get pods -n canine\n${kubectl} get svc -n canine`,
    shows: [/ 1\/1 +Running /, /LoadBalancer +\S+ +192\.168\.29\.101 /],
  },
  {
    guide: 'Complete Cluster Health Check',
    command: `${kubectl} get pods -n prometheus-system | grep -v Running | head -5`,
    shows: [/^NAME/],
    hides: [/\d+\/\d+/],
    withinMs: podMs,
  },
  { guide: 'Complete Cluster Health Check', command: `${kubectl} get pods -n opencost`, shows: [/^opencost-\S+ +2\/2 +Running /m] },
  // Erratum E99: the guide's own selector is refused by the Kubernetes that it installs.
  {
    guide: 'Complete Cluster Health Check',
    command: `${kubectl} get svc -A --field-selector spec.type=LoadBalancer`,
    shows: [/"spec\.type" is not a known field selector/],
  },
  {
    guide: 'Complete Cluster Health Check',
    command: `${kubectl} get svc -A | grep LoadBalancer`,
    shows: [/192\.168\.29\.100 /, /192\.168\.29\.101 /, /192\.168\.29\.102 /],
    hides: [/<pending>/],
  },
  {
    guide: 'Complete Cluster Health Check',
    command: `${kubectl} top nodes`,
    shows: nodes.map((name) => new RegExp(`^${name} +\\d+m +\\d+% +\\d+Mi`, 'm')),
    withinMs: podMs,
  },
  { guide: 'Complete Cluster Health Check', command: `${kubectl} get globalnetworkpolicy`, shows: policyRows },
  { guide: 'Complete Cluster Health Check', command: 'ping -c 2 192.168.29.10', shows: [/2 received, 0% packet loss/] },
  { guide: 'Complete Cluster Health Check', command: 'curl -s -w "%{http_code}" http://192.168.29.102:9003/healthz', shows: [/^200$/m] },
];

/** Erratum E91: the guide prints PASS for any failure of the exec. This is wget's own code for no connection (wget(1), EXIT STATUS). */
const networkFailure = /^command terminated with exit code 4$/m;

const isolation: GuideCommand[] = [
  {
    guide: 'Test Tenant Isolation',
    command: `${kubectl} run pod-a --image=busybox -n canine-alice --restart=Never -- sleep 3600
${kubectl} run pod-b --image=nginx -n canine-bob --restart=Never`,
    shows: [/pod\/pod-a created/, /pod\/pod-b created/],
  },
  {
    guide: 'Test Tenant Isolation',
    command: `${kubectl} get pod pod-a -n canine-alice; ${kubectl} get pod pod-b -n canine-bob`,
    shows: [/^pod-a +1\/1 +Running/m, /^pod-b +1\/1 +Running/m],
    withinMs: podMs,
  },
  {
    guide: 'Test Tenant Isolation',
    command: `BOB_IP=$(${kubectl} get pod pod-b -n canine-bob -o jsonpath='{.status.podIP}')
${kubectl} exec pod-a -n canine-alice -- \\
  wget --timeout=5 -q -O- http://$BOB_IP \\
  && echo "FAIL: isolation broken" \\
  || echo "PASS: cross-tenant traffic blocked"`,
    shows: [/^PASS: cross-tenant traffic blocked$/m, networkFailure],
  },
  {
    guide: 'Test Tenant Isolation',
    command: `${kubectl} exec pod-a -n canine-alice -- \\
  wget --timeout=5 -q -O- http://192.168.29.101 \\
  && echo "FAIL: admin reachable from tenant" \\
  || echo "PASS: admin service unreachable from tenant"`,
    shows: [/^PASS: admin service unreachable from tenant$/m, networkFailure],
  },
  {
    guide: 'Test Tenant Isolation',
    command: `${kubectl} exec pod-a -n canine-alice -- \\
  wget --timeout=10 -q -O- http://example.com \\
  && echo "PASS: external internet reachable" \\
  || echo "FAIL: external internet blocked"`,
    shows: [/PASS: external internet reachable$/m],
  },
  {
    guide: 'Test Tenant Isolation',
    command: `${kubectl} delete pod pod-a -n canine-alice --ignore-not-found\n${kubectl} delete pod pod-b -n canine-bob --ignore-not-found`,
    shows: [/pod "pod-a" deleted/, /pod "pod-b" deleted/],
  },
];

/** By the lab's stand-in for talosctl; gpg has no terminal to ask for the passphrase. */
const passphrase = 'echo for-the-lab-only > passphrase; export PASSPHRASE_FILE=passphrase';
const talos: GuideCommand[] = [
  {
    guide: 'Step 10: Verify Static Hostnames',
    command: `for node in 192.168.29.11 192.168.29.12 192.168.29.13 192.168.29.21 192.168.29.22 192.168.29.23; do
  echo "$node → hostname: $(talosctl --talosconfig talosconfig -n $node -e $node get hostname -o jsonpath={.spec.hostname})"
done`,
    shows: [/192\.168\.29\.11 → hostname: cp01$/m, /192\.168\.29\.13 → hostname: cp03$/m, /192\.168\.29\.23 → hostname: w03$/m],
  },
  { guide: 'etcd Snapshot', command: `${passphrase}; ./etcd-snapshot.sh`, shows: [/^Encrypted snapshot: etcd-backup-[\d-]+\.db\.gpg$/m] },
  {
    guide: 'Configuration Backup',
    command: `${passphrase}; ./configuration-backup.sh`,
    shows: [/^Encrypted backup: cluster-backup-\d+\.tar\.gz\.gpg$/m],
  },
];

/** What the guide lets its reader run to see that all is well, on `corrected`. */
export const guideCommands: readonly GuideCommand[] = [
  { guide: 'OpenCost – Cost Monitoring', command: tenantLoad, shows: [/deployment\.apps\/web created/] },
  ...healthCheck,
  ...verifyStorage,
  ...adminServices,
  { guide: 'Install Metrics Server', command: `${kubectl} top pods -A --sort-by=memory | head -20`, shows: [/Mi\s*$/m] },
  ...isolation,
  ...costs,
  ...talos,
];
