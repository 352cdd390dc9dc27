# shellcheck shell=sh
# Tries all targets at the same time, and prints for each what its tool printed and how it ended.
#
#   NONCE AGNHOST SECONDS TARGET...    SECONDS: time-out of an attempt, unless the target has its own
#
# A target is one of these:
#   tcp INDEX HOST PORT URL          URL: a quoted value of a curl configuration file
#   name INDEX HOST PORT URL         the same for a host that is given by its name
#   udp INDEX HOST PORT DATA
#   sctp INDEX HOST PORT
#   icmp INDEX HOST
#   dns INDEX SERVER NAME TRANSPORT SECONDS
#   http INDEX URL SECONDS TRUST AUTHORITY HEADERS HOST PORT
#
# Lines of the output:
#   NONCE INDEX + BASE64             a part of what the tool printed
#   NONCE INDEX CODE MILLISECONDS    its exit code, and how long it took
#   NONCE INDEX CODE SECONDSs ERROR  a connection as curl tells it
#   NONCE ! REASON                   why curl made no connection, with address and port
#
# POSIX shell, and the tools of Debian and of the agnhost image: it runs under dash and busybox ash.

nonce=$1
agnhost=$2
seconds=$3
shift 3

# curl's own limit of transfers at the same time (curl(1), --parallel-max).
most_at_once=300

newline='
'

# Centiseconds since boot: the shell of the agnhost image has no finer clock.
now() {
  read -r up _ </proc/uptime
  echo "${up%.*}${up#*.}"
}

# INDEX COMMAND...: runs a command and prints its end.
try() {
  index=$1
  shift
  began=$(now)
  printed=$("$@" 2>&1)
  code=$?
  ended=$(now)
  # Short lines: a pipe keeps only writes of up to 4096 bytes apart (pipe(7), PIPE_BUF).
  printf %s "$printed" | base64 | while read -r part; do echo "$nonce $index + $part"; done
  echo "$nonce $index $code $(((ended - began) * 10))"
}

# HOST PORT [OPTION...]
connect() {
  at=$1:$2
  shift 2
  "$agnhost" connect "--timeout=${seconds}s" "$at" "$@"
}

# HOST: three echo requests.
echo_request() {
  ping -n -c 3 -i 0.3 -W "$seconds" "$1"
}

# SERVER NAME TRANSPORT SECONDS
ask_name_server() {
  dig -r "@$1" "$2" A +tries=1 "+time=$4" +noall +comments +answer "$3"
}

# URL SECONDS TRUST AUTHORITY HEADERS HOST PORT
# The URL as it is, to the target itself: no configuration file, no globs, no proxy of the place.
get() {
  url=$1
  limit=$2
  trust=$3
  authority=$4
  headers=$5
  host=$6
  port=$7
  set -- -q -g -s --noproxy '*' --location --max-redirs 3 --max-time "$limit" \
    -w "\\n$nonce %{http_code} %{num_connects} %{time_connect} %{errormsg}\\n"
  [ "$trust" = any ] && set -- "$@" --insecure
  [ -n "$authority" ] && set -- "$@" --cacert /dev/stdin
  set -f
  IFS=$newline
  for header in $headers; do set -- "$@" --header "$header"; done
  unset IFS
  curl "$@" "$url" <<END
$authority
END
  got=$?
  # curl has one exit code for a closed port, for no route, and for a connection that is reset at once: agnhost tells them apart.
  [ $got -ne 7 ] || { connect "$host" "$port" && echo CONNECTED; }
  return $got
}

# INDEX URL: adds a transfer to curl's configuration file. A connection serves one transfer only, for each must make its own.
add_transfer() {
  transfers="${transfers:+$transfers${newline}next$newline}url = $2
output = \"/dev/null\"
header = \"Connection: close\"
verbose
max-time = $seconds
write-out = \"$1 %{exitcode} %{num_connects} %{time_connect} %{time_total} %{errormsg}\\n\""
}

# All connections in one curl, for a process each costs more than the connections. Whether it connected is what counts, not the
# answer to the request. The reason for no connection is only in what curl says with --verbose. Each line of the output is
# one write, so that no other line gets into it.
connect_all() {
  exec 3>&1
  {
    curl -q -g -s -Z --parallel-immediate --parallel-max "$most_at_once" --noproxy '*' -K - 2>&1 >&4 4>&- <<END |
$transfers
END
      grep -e 'connect to .* failed: ' -e 'Immediate connect fail for ' |
      while read -r line; do echo "$nonce ! $line" >&3; done
  } 4>&1 | {
    while read -r index code connections connected total error; do
      case $code:$connections in
      7:0)
        # A process for each closed port would cost more than all connections together.
        case $names in
        *"$newline$index "*) closed "$index" "$total" "$error" & ;;
        *) echo "$nonce $index 7 ${total}s $error" ;;
        esac
        ;;
      *:0) echo "$nonce $index $code ${total}s $error" ;;
      *) echo "$nonce $index 0 ${connected}s" ;;
      esac
    done
    wait
  }
}

# INDEX SECONDS ERROR: a connection that was not made. Where the host was a name, curl's reason has an address that nobody asked for.
closed() {
  while read -r index port host; do
    [ "$index" = "$1" ] || continue
    try "$index" connect "$host" "$port" </dev/null
    return
  done <<END
$names
END
  echo "$nonce $1 7 ${2}s $3"
}

transfers=
names=
while [ $# -gt 0 ]; do
  case $1 in
  tcp | name)
    [ "$1" = tcp ] || names=$names$newline"$2 $4 $3"
    add_transfer "$2" "$5"
    shift 5
    ;;
  udp)
    try "$2" connect "$3" "$4" --protocol=udp "--udp-data=$5" &
    shift 5
    ;;
  sctp)
    try "$2" connect "$3" "$4" --protocol=sctp &
    shift 4
    ;;
  icmp)
    try "$2" echo_request "$3" &
    shift 3
    ;;
  dns)
    try "$2" ask_name_server "$3" "$4" "$5" "$6" &
    shift 6
    ;;
  http)
    try "$2" get "$3" "$4" "$5" "$6" "$7" "$8" "$9" &
    shift 9
    ;;
  *)
    echo "no such kind of target: $1" >&2
    exit 2
    ;;
  esac
done
[ -z "$transfers" ] || connect_all &
wait
