# shellcheck shell=sh
# Asks again and again from a place, and keeps what the tools print in a folder there until it is read.
#
#   begin FRAME SECONDS STEP REQUEST...   ends at once and leaves the samplers behind, each bounded by timeout(1);
#                                         STEP: milliseconds from one attempt to the next
#   read FRAME FOLDER INDEX...            ends the samplers and prints what they printed
#   end FOLDER                            ends the samplers and removes the folder
#
# A request is one of these:
#   url INDEX CONNECTION TRUST URL        URL: a quoted value of a curl configuration file
#   name INDEX SERVER NAME TRANSPORT
#
# POSIX shell, and the tools of Debian and of the agnhost image: it runs under dash and busybox ash.

# An attempt waits so long for its answer, just below the time after which the same curl makes its next one.
attempt_seconds=0.95

# A dig takes some 20 ms of a processor's time: ten a second would be all that a small pod may have.
least_name_step=250

# Sets `now` to the centiseconds since boot.
read_uptime() {
  read -r up _ </proc/uptime
  now=${up%.*}${up#*.}
}

begin() {
  frame=$1
  seconds=$2
  step=$3
  shift 3
  # In memory where that can be: a pod may have no disk to write to.
  folder=$(mktemp -d /dev/shm/conform-sampling-XXXXXX 2>/dev/null || mktemp -d /tmp/conform-sampling-XXXXXX) || exit 1
  # The folders of runs that were killed.
  find /dev/shm /tmp -maxdepth 1 -name 'conform-sampling-*' -mmin +30 -exec rm -rf {} + 2>/dev/null
  export TZ=UTC0
  echo "$frame folder $folder"
  # curl's own clock, and whether it knows the options.
  read_uptime
  before=$now
  line=$(curl -q -s -v --trace-time --rate 1/s --max-time 1 --noproxy '*' http://127.0.0.1:1/ 2>&1 | head -n 1)
  read_uptime
  echo "$frame clock $before $now $line"
  while [ $# -gt 0 ]; do
    case $1 in
    url) sample_url "$2" "$3" "$4" "$5" ;;
    name) { sample_name "$2" "$3" "$4" "$5"; } </dev/null >/dev/null 2>&1 & ;;
    esac
    shift 5
  done
}

# INDEX CONNECTION TRUST URL
# For new connections as many curls as there are steps in a second: each makes one attempt a second, and the next begins a step
# later. A silent target holds up nobody, and no process has to be started for a sample. A connection that is kept open is one curl.
sample_url() {
  files=$folder/$1
  connection=$2
  trust=$3
  url=$4
  curls=$((1000 / step))
  rate=1
  if [ "$connection" = kept-open ]; then
    rate=$curls
    curls=1
  fi
  set -- -q -g -s -N -v --trace-time --http1.1 --noproxy '*' --max-time "$attempt_seconds" --rate "$rate/s" -w \
    "%{stdout}\\n$frame %{urlnum}\\n%{stderr}\\n$frame %{urlnum} %{exitcode} %{http_code} %{num_connects} %{time_total} %{errormsg}\\n"
  [ "$trust" = any ] && set -- "$@" --insecure
  [ "$connection" = new ] && set -- "$@" --header 'Connection: close'
  i=0
  while [ $i -lt $((seconds * rate)) ]; do
    printf '%s\n' "url = $url"
    i=$((i + 1))
  done >"$files.conf"
  # A group: at a function's redirections dash keeps the output open, and whoever reads it would wait.
  { start_curls "$@"; } </dev/null >/dev/null 2>&1 &
}

# OPTION...: starts the curls of a request, a step apart.
start_curls() {
  pause=$((step / 1000)).$(printf %03d $((step % 1000)))
  i=0
  while [ $i -lt "$curls" ]; do
    read_uptime
    echo "$frame launched $now" >"$files-$i.trace"
    timeout $((seconds + 2)) curl "$@" -K "$files.conf" >"$files-$i.answers" 2>>"$files-$i.trace" &
    echo $! >>"$folder/pids"
    i=$((i + 1))
    sleep "$pause"
  done
  wait
}

# INDEX SERVER NAME TRANSPORT: dig asks once and ends, so each question is a process.
sample_name() {
  [ "$step" -ge $least_name_step ] || step=$least_name_step
  read_uptime
  first=$now
  i=0
  while [ $i -lt $((seconds * 1000 / step)) ] && [ -d "$folder" ] && [ ! -e "$folder/stop" ]; do
    ask "$2" "$3" "$4" >"$folder/$1-$i.names" 2>&1 &
    i=$((i + 1))
    read_uptime
    left=$((first + i * step / 10 - now))
    [ $left -le 0 ] || sleep $((left / 100)).$((left / 10 % 10))$((left % 10))
  done
  wait
}

# SERVER NAME TRANSPORT
ask() {
  read_uptime
  echo "$frame began $now"
  dig -r "@$1" "$2" A +tries=1 +time=1 +noall +comments +answer "$3"
  code=$?
  read_uptime
  echo "$frame ended $now $code"
}

# FOLDER: ends only what this sampling started: a process that ended may have left its ID to another.
end_samplers() {
  touch "$1/stop"
  while read -r process; do
    tr '\0' ' ' 2>/dev/null <"/proc/$process/cmdline" | grep -q "$1" && kill "$process"
  done <"$1/pids" 2>/dev/null
  sleep 0.3
}

# FRAME FOLDER INDEX...: of curl's trace only the beginning of an attempt and why it failed; of each answer the first line.
read_samples() {
  frame=$1
  folder=$2
  shift 2
  end_samplers "$folder"
  cd "$folder" || exit 1
  for file in *.trace; do
    echo "$frame file $file"
    awk -v frame="$frame" '
      BEGIN { first = 1 }
      index($0, frame) == 1 { print; first = 1; next }
      !/^[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\.[0-9]+ \*/ { next }
      first || /failed: |Immediate connect fail|seems to be dead|Connection died/ { print; first = 0 }
    ' "$file"
  done
  for file in *.answers; do
    echo "$frame file $file"
    awk -v frame="$frame" '
      BEGIN { first = 1 }
      index($0, frame) == 1 { print; first = 1; next }
      first && length($0) > 0 { print "=" substr($0, 1, 120); first = 0 }
    ' "$file"
  done
  for index in "$@"; do
    echo "$frame file $index.names"
    cat "$index"-*.names 2>/dev/null
  done
  echo "$frame all read"
}

action=$1
shift
case $action in
begin)
  begin "$@"
  ;;
read)
  read_samples "$@"
  ;;
end)
  end_samplers "$1"
  rm -rf "$1"
  ;;
esac
true
