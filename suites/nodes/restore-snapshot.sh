# shellcheck shell=sh
# Restores a snapshot of etcd into a folder of its own, starts an etcd on it that nobody else sees, and prints what it holds.
#
#   FILE PORT FLIP KEY...   FLIP: `whole`, or `flipped`: with one byte of the file changed
#
# FILE may be encrypted (.gpg); the passphrase is in $PASSPHRASE_FILE. Lines of the output:
#   refused REASON          the snapshot was not taken
#   revision NUMBER         keys PREFIX NUMBER, for each KEY that ends with a slash         key KEY there|absent
#
# POSIX shell, etcd and etcdctl 3.5 or later (3.6: etcdutl), gpg. The etcd listens on 127.0.0.1, PORT and PORT + 1.
set -u
file=$1
port=$2
flip=$3
shift 3
folder=$(mktemp -d)
server=
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null
  wait 2>/dev/null
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP
umask 077
command -v etcd >/dev/null || { echo 'etcd is not installed here' >&2; exit 3; }

case $file in
*.gpg) gpg --batch --quiet --pinentry-mode loopback --passphrase-file "$PASSPHRASE_FILE" --output "$folder/db" --decrypt "$file" || exit 4 ;;
*) cp "$file" "$folder/db" || exit 4 ;;
esac
if [ "$flip" = flipped ]; then
  size=$(wc -c <"$folder/db")
  byte=$(od -An -tu1 -j $((size / 2)) -N 1 "$folder/db" | tr -d ' ')
  printf '%b' "\\0$(printf %03o $((255 - byte)))" | dd of="$folder/db" bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
fi

peer=http://127.0.0.1:$((port + 1))
restore=etcdctl
command -v etcdutl >/dev/null && restore=etcdutl
"$restore" snapshot restore "$folder/db" --data-dir "$folder/data" --name restored --initial-cluster "restored=$peer" \
  --initial-advertise-peer-urls "$peer" >"$folder/log" 2>&1 || {
  echo "refused $(tail -n 1 "$folder/log")"
  exit 0
}
client=http://127.0.0.1:$port
etcd --name restored --data-dir "$folder/data" --listen-client-urls "$client" --advertise-client-urls "$client" --listen-peer-urls "$peer" \
  --unsafe-no-fsync --log-level error >"$folder/etcd.log" 2>&1 &
server=$!
tries=0
until etcdctl --endpoints "$client" --command-timeout=2s endpoint health >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ $tries -gt 60 ] || ! kill -0 $server 2>/dev/null; then
    echo "the restored etcd does not answer: $(tail -n 1 "$folder/etcd.log")" >&2
    exit 5
  fi
  sleep 0.5
done
echo "revision $(etcdctl --endpoints "$client" endpoint status --write-out=fields | awk -F' : ' '/"Revision"/ { print $2 }')"
for key in "$@"; do
  case $key in
  */) echo "keys $key $(etcdctl --endpoints "$client" get "$key" --prefix --count-only --write-out=fields | awk -F' : ' '/"Count"/ { print $2 }')" ;;
  *)
    found=$(etcdctl --endpoints "$client" get "$key" --keys-only) || exit 6
    if [ "$found" = "$key" ]; then echo "key $key there"; else echo "key $key absent"; fi
    ;;
  esac
done
