#!/usr/bin/env bash
set -euo pipefail

OPENCOST_API="http://192.168.29.102:9003"
MONTH=$(date -d "last month" +%Y-%m 2>/dev/null || date -v-1m +%Y-%m)
START="${MONTH}-01T00:00:00Z"
END=$(date -u +%Y-%m-%dT%H:%M:%SZ)
OUTPUT="invoice-${MONTH}.tsv"

echo "Generating invoice for $MONTH..."

curl -sG "${OPENCOST_API}/allocation" \
  -d "window=${START},${END}" \
  -d "aggregate=namespace" \
  -d "accumulate=true" | \
  jq -r '.data[0] | to_entries[] |
    select(.key | startswith("canine-")) |
    [.key, .value.cpuCost, .value.ramCost,
     .value.pvCost, .value.totalCost] | @tsv' \
  | sort -t$'\t' -k5 -rn > "$OUTPUT"

echo "Invoice saved: $OUTPUT"
cat "$OUTPUT"
