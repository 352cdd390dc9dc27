# Guide: OpenCost, Step 6, custom pricing configuration.
OPENCOST_API="http://192.168.29.102:9003"
curl -s $OPENCOST_API/costModel/customPricing | jq .
