# Guide: Daily Health Checks, daily cost snapshot.
curl -sG http://192.168.29.102:9003/allocation \
  -d window=1d -d aggregate=namespace -d accumulate=true | \
  jq '.data[0] | to_entries[] | {ns: .key, cost: .value.totalCost}' | head -20
