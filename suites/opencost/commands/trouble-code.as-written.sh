# Guide: OpenCost – No Data / Zero Costs, test of the API, for the window WINDOW, 1d in the guide.
curl -sG http://192.168.29.102:9003/allocation \
  -d window="$WINDOW" -d aggregate=namespace | jq '.code'
