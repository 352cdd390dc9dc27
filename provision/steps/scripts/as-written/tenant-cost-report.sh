#!/usr/bin/env bash
# tenant-cost-report.sh — per-tenant cost for the last 30 days
set -euo pipefail

OPENCOST_API="http://192.168.29.102:9003"
WINDOW="30d"

echo "=== Tenant Cost Report — last ${WINDOW} ==="
echo "Generated: $(date -u)"
echo ""

COSTS=$(curl -sG "${OPENCOST_API}/allocation" \
  -d "window=${WINDOW}" \
  -d "aggregate=namespace" \
  -d "accumulate=true" \
  -d "resolution=1m")

printf "%-42s %12s %12s %12s %10s %10s\n" \
  "Namespace" "CPU Cost" "RAM Cost" "Total Cost" "CPU Eff%" "RAM Eff%"
printf "%-42s %12s %12s %12s %10s %10s\n" \
  "──────────────────────────────────────────" "────────────" "────────────" "────────────" "──────────" "──────────"

echo "$COSTS" | jq -r '.data[0] | to_entries[] |
  [.key, .value.cpuCost, .value.ramCost, .value.totalCost,
   (.value.cpuEfficiency * 100 | floor),
   (.value.ramEfficiency * 100 | floor)] | @tsv' \
  | sort -t$'\t' -k4 -rn \
  | while IFS=$'\t' read -r ns cpu ram total cpueff rameff; do
      printf "%-42s %12.4f %12.4f %12.4f %9d%% %9d%%\n" \
        "$ns" "$cpu" "$ram" "$total" "$cpueff" "$rameff"
    done

echo ""
echo "All costs in USD"
