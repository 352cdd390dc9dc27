#!/usr/bin/env bash
# Guide: OpenCost – No Data / Zero Costs, test of the API, for the window WINDOW, 1d in the guide; corrected for
#   E74  code 200 says that the query ran: the costs tell whether there are any
curl -sG http://192.168.29.102:9003/allocation \
  -d window="$WINDOW" -d aggregate=namespace | jq '([.data[]?[]?.totalCost] | add // 0) > 0'
