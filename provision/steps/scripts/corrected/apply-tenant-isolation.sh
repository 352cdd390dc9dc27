#!/usr/bin/env bash
# apply-tenant-isolation.sh — harden one tenant namespace
# Guide: Canine, Step 6, Tenant Namespace Isolation Template; corrected for
#   E39  cluster DNS is one peer (namespace AND pods), not two
#   E40  the second policy, which adds nothing, is dropped
#   E41  the internet outside cluster, LAN and admin networks is reachable
#   E42  pods that are published by label admit traffic from outside the cluster
#   E44  the tenant role has no secrets
#   E45  the namespace enforces the baseline level
#   E65  load balancer addresses are capped for each tenant
#   E85  count/pods stays: it counts finished pods too; requests.cpu ends at 40 running pods, so Jobs need ttlSecondsAfterFinished
#   E86  namespaces that are not a tenant's are refused
#   E87  these limits are the only set: the values of the guide's chart exist nowhere
#   E92  the namespace carries a tenant label, which policies can select by
# Usage: NS=canine-alice ./apply-tenant-isolation.sh
set -euo pipefail

NS="${NS:?Set NS to the tenant namespace, e.g. NS=canine-alice}"

# E86
if [[ ! "${NS}" =~ ^canine-[a-z0-9]([-a-z0-9]*[a-z0-9])?$ ]]; then
  echo "Refused: ${NS@Q} is not a tenant namespace, whose name is canine- and lower-case letters, digits and hyphens" >&2
  exit 1
fi

echo "Applying isolation policies to namespace: ${NS}"

# E45, E92; an absent namespace ends the script here
kubectl --kubeconfig=kubeconfig label namespace "${NS}" --overwrite \
  pod-security.kubernetes.io/enforce=baseline \
  canine-tenant="${NS#canine-}"

kubectl --kubeconfig=kubeconfig apply -f - <<EOF
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
    - to:
        - podSelector: {}
    - to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: kube-system
          podSelector:
            matchLabels:
              k8s-app: kube-dns
      ports:
        - protocol: UDP
          port: 53
        - protocol: TCP
          port: 53
    - to:
        - ipBlock:
            cidr: 0.0.0.0/0
            except:
              - 10.0.0.0/8
              - 172.16.0.0/12
              - 192.168.0.0/16
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-published
  namespace: ${NS}
spec:
  podSelector:
    matchLabels:
      exposure: public
  policyTypes:
    - Ingress
  ingress:
    - from:
        - ipBlock:
            cidr: 0.0.0.0/0
            except:
              - 10.244.0.0/16
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
    services.loadbalancers: "5"
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
    resources: ["pods","services","configmaps","persistentvolumeclaims","pods/log","pods/exec"]
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
