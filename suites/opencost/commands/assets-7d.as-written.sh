# Guide: OpenCost, Step 6, asset costs.
OPENCOST_API="http://192.168.29.102:9003"
curl -sG $OPENCOST_API/assets \
  -d window=7d \
  -d aggregate=type \
  -d accumulate=true | \
  jq '.data[0] | to_entries[] | {type: .key, totalCost: .value.totalCost}'
