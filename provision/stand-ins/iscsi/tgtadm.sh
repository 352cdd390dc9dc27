#!/bin/sh
# tgtadm: passes its arguments to tgtd, a line each; prints the answer behind the line that says how it went.
answer=$(printf '%s\n' "$@" | nc -N -U /var/run/tgtd.sock 2>/dev/null)
verdict=${answer%%
*}
case $verdict in
  ok) ;;
  '')
    echo 'tgtadm: failed to send request hdr to tgt daemon, Transport endpoint is not connected' >&2
    exit 107
    ;;
  *)
    echo "tgtadm: $verdict" >&2
    exit 22
    ;;
esac
[ "$answer" = ok ] || printf '%s\n' "${answer#ok
}"
