#!/usr/bin/env bash
# Usage: NS=canine-alice ./apply-tenant-isolation.sh
set -euo pipefail

NS="${NS:?Set NS to the tenant namespace, e.g. NS=canine-alice}"

echo "Applying isolation policies to namespace: ${NS}"

kubectl --kubeconfig=kubeconfig apply -f - <<EOF
# ── NetworkPolicy: deny all by default; allow only intra-namespace + DNS ──
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: deny-all-default
  namespace: ${NS}
spec:
  podSelector: {}
  policyTypes:
    - Ingress
    - Egress
  ingress:
    - from:
        - podSelector: {}
  egress:
    # Same-namespace pods only
    - to:
        - podSelector: {}
    # kube-dns
    - to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: kube-system
        - podSelector:
            matchLabels:
              k8s-app: kube-dns
      ports:
        - protocol: UDP
          port: 53
        - protocol: TCP
          port: 53
---
# ── Explicit deny: block tenant pods from reaching admin namespaces ──
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: deny-admin-namespaces
  namespace: ${NS}
spec:
  podSelector: {}
  policyTypes:
    - Egress
  egress:
    - to:
        - podSelector: {}
    - to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: kube-system
        - podSelector:
            matchLabels:
              k8s-app: kube-dns
      ports:
        - protocol: UDP
          port: 53
        - protocol: TCP
          port: 53
    # Explicitly: NOT allowed to canine, opencost, longhorn-system, prometheus-system
---
# ── ResourceQuota: hard cap on compute and storage ──
apiVersion: v1
kind: ResourceQuota
metadata:
  name: tenant-quota
  namespace: ${NS}
spec:
  hard:
    requests.cpu: "2"
    requests.memory: "4Gi"
    limits.cpu: "4"
    limits.memory: "8Gi"
    persistentvolumeclaims: "10"
    requests.storage: "50Gi"
    longhorn.storageclass.storage.k8s.io/requests.storage: "50Gi"
    count/secrets: "30"
    count/configmaps: "30"
    count/services: "20"
    count/pods: "50"
---
# ── LimitRange: auto-inject defaults so all pods are constrained ──
apiVersion: v1
kind: LimitRange
metadata:
  name: tenant-limits
  namespace: ${NS}
spec:
  limits:
    - type: Container
      default:
        cpu: "500m"
        memory: "256Mi"
      defaultRequest:
        cpu: "100m"
        memory: "128Mi"
      max:
        cpu: "2"
        memory: "4Gi"
      min:
        cpu: "50m"
        memory: "64Mi"
    - type: PersistentVolumeClaim
      max:
        storage: "20Gi"
      min:
        storage: "1Gi"
---
# ── RBAC: tenant service account scoped to its own namespace only ──
apiVersion: v1
kind: ServiceAccount
metadata:
  name: tenant-sa
  namespace: ${NS}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: tenant-role
  namespace: ${NS}
rules:
  - apiGroups: [""]
    resources: ["pods","services","configmaps","secrets","persistentvolumeclaims","pods/log","pods/exec"]
    verbs: ["get","list","watch","create","update","patch","delete"]
  - apiGroups: ["apps"]
    resources: ["deployments","replicasets","statefulsets"]
    verbs: ["get","list","watch","create","update","patch","delete"]
  - apiGroups: ["batch"]
    resources: ["jobs","cronjobs"]
    verbs: ["get","list","watch","create","update","patch","delete"]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: tenant-rolebinding
  namespace: ${NS}
subjects:
  - kind: ServiceAccount
    name: tenant-sa
    namespace: ${NS}
roleRef:
  kind: Role
  name: tenant-role
  apiGroup: rbac.authorization.k8s.io
EOF

echo "Done: ${NS} is isolated."
