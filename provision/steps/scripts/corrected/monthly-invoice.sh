#!/usr/bin/env bash
# Guide: OPT-6, OpenCost Showback via API – Automated Monthly Invoice; corrected for
#   E33  a month can be asked for: the retention is corrected where Prometheus is installed
#   E34  the window ends with the month, not now
#   E75  sort -g reads numbers like 1.2e-05
#   E77  every date is UTC, as the window is
#   E79  the month is counted back from the first of this one
set -euo pipefail

OPENCOST_API="http://192.168.29.102:9003"
THIS_MONTH=$(date -u +%Y-%m)
MONTH=$(date -u -d "${THIS_MONTH}-01 -1 month" +%Y-%m 2>/dev/null || date -u -v1d -v-1m +%Y-%m)
START="${MONTH}-01T00:00:00Z"
END="${THIS_MONTH}-01T00:00:00Z"
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
  | sort -t$'\t' -k5 -rg > "$OUTPUT"

echo "Invoice saved: $OUTPUT"
cat "$OUTPUT"
