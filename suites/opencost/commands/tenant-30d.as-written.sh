# Guide: OpenCost, Step 6, cost of one tenant, whose namespace is $TENANT.
OPENCOST_API="http://192.168.29.102:9003"
curl -sG $OPENCOST_API/allocation \
  -d window=30d \
  -d aggregate=namespace \
  -d accumulate=true \
  -d "filter=namespace:\"$TENANT\"" | jq '.data[0]'
