#!/usr/bin/env bash
# Guide: Daily Health Checks, daily cost snapshot; corrected for
#   E72  24h are the last 24 hours, 1d is today alone; a line for each namespace, so that 20 lines hold 20 of them
curl -sG http://192.168.29.102:9003/allocation \
  -d window=24h -d aggregate=namespace -d accumulate=true | \
  jq -c '.data[0] | to_entries | sort_by(-.value.totalCost)[] | {ns: .key, cost: .value.totalCost}' | head -20
