#!/usr/bin/env bash
# Guide: OpenCost, Step 6, Deployments of one tenant, whose namespace is $TENANT; corrected for
#   E80  the release does not read the filter: by namespace and Deployment, and jq selects
OPENCOST_API="http://192.168.29.102:9003"
curl -sG "$OPENCOST_API/allocation" \
  -d window=7d \
  -d aggregate=namespace,deployment \
  -d accumulate=true | \
  jq --arg tenant "$TENANT/" '.data[0] | to_entries[] | select(.key | startswith($tenant)) |
    {deployment: .key | ltrimstr($tenant), totalCost: .value.totalCost}'
