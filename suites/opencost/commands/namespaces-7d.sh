#!/usr/bin/env bash
# Guide: OpenCost, Step 6, total allocation of the last 7 days by namespace.
OPENCOST_API="http://192.168.29.102:9003"
curl -sG "$OPENCOST_API/allocation" \
  -d window=7d \
  -d aggregate=namespace \
  -d accumulate=true \
  -d resolution=1m | jq '.data[0] | to_entries[] | {namespace: .key, totalCost: .value.totalCost}'
