#!/usr/bin/env bash
# shellcheck disable=SC2317 # points are called by name
# Guide: Complete Cluster Health Check; corrected for
#   E55  the Ready condition is looked at, and pods that run without being ready count
#   E73  a point that fails says FAIL, and the exit status tells the number of those
#   E99  the API selects Services by name and namespace alone
# A run's own objects, labelled conform-run, are left out.
kubectl() { command kubectl --kubeconfig=kubeconfig "$@"; }
FAILED=0
point() { # TITLE COMMAND...
  echo -e "\n$1:"
  shift
  "$@" || { echo FAIL; FAILED=$((FAILED + 1)); }
}
pods_ready() { # [OPTION...]
  kubectl get pods "$@" -l '!conform-run' -o json | jq -e -r '
    [.items[] | select(.status.phase != "Succeeded") | select(any(.status.conditions[]?; .type == "Ready" and .status == "True") | not)
      | "\(.metadata.namespace)/\(.metadata.name) \(.status.phase)"] | (.[] , (length == 0))' | sed 's/^true$/all ready/' | tee /dev/stderr | grep -q '^all ready$'
}
some_ready() { # NAMESPACE
  kubectl get pods -n "$1" -l '!conform-run' --no-headers | grep -q . && pods_ready -n "$1"
}
addresses() {
  kubectl get svc -A | grep LoadBalancer
  for ADDRESS in 192.168.29.100 192.168.29.101 192.168.29.102; do
    kubectl get svc -A | grep LoadBalancer | grep -q " $ADDRESS " || return 1
  done
}
nodes_ready() {
  kubectl get nodes -o wide
  kubectl wait node --all --for=condition=Ready --timeout=1s >/dev/null
}

echo "=== CLUSTER HEALTH CHECK ==="
point "1. Nodes" nodes_ready
point "2. Non-running pods" pods_ready -A
point "3. Storage Classes" kubectl get storageclass longhorn
point "4. MetalLB Pools" kubectl get ipaddresspool -n metallb-system admin-pool tenant-pool
point "5. Longhorn" some_ready longhorn-system
point "6. Canine" some_ready canine
point "7. Prometheus" some_ready prometheus-system
point "8. OpenCost" some_ready opencost
point "9. LoadBalancer Services" addresses
point "10. Node Resources" kubectl top nodes
point "11. GlobalNetworkPolicies" kubectl get globalnetworkpolicy
point "12. VIP" ping -c 2 192.168.29.10
point "13. OpenCost API health" curl -sf --max-time 5 -o /dev/null -w '%{http_code}\n' http://192.168.29.102:9003/healthz
exit "$FAILED"
