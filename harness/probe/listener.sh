# shellcheck shell=sh
# A web server (agnhost netexec) at a host or on a node.
#
#   start PORT SECONDS AGNHOST    begins it in the background; it ends by itself after so many seconds
#   stop PORT                     ends it where it runs

case $1 in
start)
  timeout "$3" "$4" netexec "--http-port=$2" --udp-port=-1 </dev/null >/dev/null 2>&1 &
  ;;
stop)
  for process in $(ss -Hltnp "sport = :$2" | sed -n 's/.*pid=\([0-9]*\).*/\1/p'); do kill "$process"; done
  ;;
esac
