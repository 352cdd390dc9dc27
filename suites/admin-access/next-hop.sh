#!/bin/sh
# Connections of a LAN host that take a node as next hop. The routes are for local ports of their own, so that nothing else that the
# host does goes that way. A routing table has the number of its first port.
#   add    NODE FIRST LAST ...           routes through each node
#   remove NODE FIRST LAST ...           takes them back
#   try    SECONDS LOCAL HOST PORT ...   connects, all at the same time; prints of each
#                                        LOCAL, curl's exit code, its connections, seconds to connect, seconds in all, error
set -u
verb=$1
shift
case $verb in
  add)
    while [ $# -gt 0 ]; do
      ip route add default via "$1" table "$2" || exit
      ip rule add ipproto tcp sport "$2-$3" lookup "$2" || exit
      shift 3
    done
    ;;
  remove)
    while [ $# -gt 0 ]; do
      while ip rule del ipproto tcp sport "$2-$3" lookup "$2" 2>/dev/null; do :; done
      ip route flush table "$2" 2>/dev/null
      shift 3
    done
    true
    ;;
  try)
    seconds=$1
    shift
    while [ $# -gt 0 ]; do
      curl -q -s -o /dev/null --noproxy '*' --local-port "$1" --max-time "$seconds" \
        -w "$1 %{exitcode} %{num_connects} %{time_connect} %{time_total} %{errormsg}\n" "http://$2:$3/" &
      shift 3
    done
    wait
    ;;
esac
