#!/usr/bin/env bash
# Guide: OpenCost, Step 6, asset costs; corrected for
#   E31  data is an object by asset
#   E71  the request does not group: jq does
OPENCOST_API="http://192.168.29.102:9003"
curl -sG "$OPENCOST_API/assets" \
  -d window=7d | \
  jq '.data | [.[]] | group_by(.type)[] | {type: .[0].type, totalCost: map(.totalCost) | add}'
