# shellcheck shell=sh
# Serves SCTP on port $1 of a pod for a minute, in the background, and prints what the server says of it. agnhost ends at once
# where the kernel has no SCTP. It must have an HTTP port, too: $2.
timeout 60 /agnhost netexec --http-port="$2" --udp-port=-1 --sctp-port="$1" >/tmp/sctp.log 2>&1 </dev/null &
for _ in 1 2 3 4 5; do
  sleep 0.2
  grep -q 'Started SCTP server' /tmp/sctp.log && break
done
grep SCTP /tmp/sctp.log || true
