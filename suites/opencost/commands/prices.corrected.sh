#!/usr/bin/env bash
# Guide: OpenCost, Step 6, custom pricing configuration; corrected for
#   E32  the API has no such path: the metrics tell the prices in force, and the ConfigMap has their description
set -euo pipefail
OPENCOST_API="http://192.168.29.102:9003"
METRICS=$(curl -sf "$OPENCOST_API/metrics")
price() { awk -v name="$1{" 'index($0, name) == 1 { print $NF; exit }' <<<"$METRICS"; }
DESCRIPTION=$(kubectl --kubeconfig=kubeconfig -n opencost get configmap custom-pricing-model -o jsonpath='{.data.default\.json}' | jq -r .description)
jq -n --arg CPU "$(price node_cpu_hourly_cost)" --arg RAM "$(price node_ram_hourly_cost)" \
  --arg storage "$(price pv_hourly_cost)" --arg GPU "$(price node_gpu_hourly_cost)" \
  --arg description "$DESCRIPTION" '$ARGS.named'
