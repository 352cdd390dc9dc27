# Guide: OpenCost, Step 6, cost of the current month by namespace.
OPENCOST_API="http://192.168.29.102:9003"
START=$(date +%Y-%m-01T00:00:00Z)
END=$(date -u +%Y-%m-%dT%H:%M:%SZ)
curl -sG $OPENCOST_API/allocation \
  -d "window=${START},${END}" \
  -d aggregate=namespace \
  -d accumulate=true | \
  jq '.data[0] | to_entries[] | {namespace: .key, monthToDateCost: .value.totalCost}'
