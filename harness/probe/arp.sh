# shellcheck shell=sh
# Asks on a network who has each of these IPv4 addresses, all in the same time.
#
#   CARD SECONDS ADDRESS...

card=$1
seconds=$2
shift 2

for address in "$@"; do
  # A request each second, and all to everybody: the first answer is not the only one (arping(8): -b).
  arping -b -w "$seconds" -I "$card" "$address" &
done
wait
