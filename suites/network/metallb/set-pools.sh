#!/bin/sh
# Brings MetalLB's pools and advertisements into a state: the first argument is its manifest, the others are pools that it
# does not have. They go first, for MetalLB's webhook refuses pools that overlap (guide, Step 4, erratum E23).
set -e
manifest=$1
shift
if [ $# -gt 0 ]; then kubectl --kubeconfig=kubeconfig delete ipaddresspool -n metallb-system --ignore-not-found "$@"; fi
printf '%s' "$manifest" | kubectl --kubeconfig=kubeconfig apply -f -
