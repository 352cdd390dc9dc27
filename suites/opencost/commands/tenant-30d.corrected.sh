#!/usr/bin/env bash
# Guide: OpenCost, Step 6, cost of one tenant, whose namespace is $TENANT; corrected for
#   E80  the release does not read the filter: jq selects
OPENCOST_API="http://192.168.29.102:9003"
curl -sG "$OPENCOST_API/allocation" \
  -d window=30d \
  -d aggregate=namespace \
  -d accumulate=true | jq --arg tenant "$TENANT" '.data[0] | with_entries(select(.key == $tenant))'
