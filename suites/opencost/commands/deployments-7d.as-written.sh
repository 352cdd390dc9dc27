# Guide: OpenCost, Step 6, Deployments of one tenant, whose namespace is $TENANT.
OPENCOST_API="http://192.168.29.102:9003"
curl -sG $OPENCOST_API/allocation \
  -d window=7d \
  -d aggregate=deployment \
  -d accumulate=true \
  -d "filter=namespace:\"$TENANT\"" | \
  jq '.data[0] | to_entries[] | {deployment: .key, totalCost: .value.totalCost}'
