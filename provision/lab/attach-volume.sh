#!/bin/bash
# Attaches volumes of an engine in memory with the stand-ins for iSCSI, in a root made of the tools tree, and says what it saw: a line
# each, NAME VALUE. Run in mount, network and PID namespaces of its own: attach-volume.sh TOOLS NODE STAND-INS PRODUCT
set -eu
mount --make-rprivate /
mount -t tmpfs trial /mnt
root=/mnt/root
mkdir -p /mnt/upper /mnt/work "$root"
mount -t overlay trial -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work" "$root"
mkdir -p "$root/usr/local/bin" "$root/app" "$root/product" "$root/dev"
touch "$root/usr/local/bin/node"
mount --bind "$2" "$root/usr/local/bin/node"
mount --bind "$3" "$root/app"
mount --bind "$4" "$root/product"
for program in bin/tgtd bin/tgtadm sbin/iscsiadm; do ln -s "/app/$program" "$root/usr/local/bin/${program#*/}"; done
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs dev "$root/dev"
for device in null zero urandom fuse loop-control; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ip link set lo up
cd "$root"
pivot_root . mnt
umount -l /mnt
cd /
export PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

iqn=iqn.2019-10.io.longhorn:vol
socket=/run/longhorn-vol.sock
mkdir -p /volume /dev/longhorn

admin() { tgtadm --lld iscsi --op "$@"; }
initiator() { iscsiadm -m node -T "$iqn" "$@"; }
eventually() {
  for _ in $(seq 300); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.1
  done
}
loops() { losetup --list --noheadings --output BACK-FILE | grep -c /run/tgtd/ || true; }

start_tgtd() {
  tgtd -f >/dev/null 2>&1 &
  tgtd=$!
  eventually admin show --mode system
}

attach() {
  admin new --mode target --tid 1 -T "$iqn"
  admin new --mode logicalunit --tid 1 --lun 1 -b "$socket" --bstype longhorn --bsopts "size=$1;request_timeout=15"
  admin bind --mode target --tid 1 -I ALL
  iscsiadm -m discovery -t sendtargets -p 127.0.0.1 >/dev/null
  initiator -p 127.0.0.1 --login >/dev/null
  disk=$(iscsiadm -m session -P 3 | sed -n 's/.*Attached scsi disk \([^ \t]*\).*/\1/p')
  echo 90 >"/sys/block/$disk/device/timeout"
  rm -f /dev/longhorn/vol
  mknod /dev/longhorn/vol b 7 "${disk#loop}"
}

detach() {
  initiator --logout
  initiator -o delete
  admin unbind --mode target --tid 1 -I ALL
  admin delete --mode logicalunit --tid 1 --lun 1
  admin delete --mode target --tid 1
}

node --input-type=module -e "
  const { serveVolume } = await import('/product/provision/stand-ins/iscsi/test-engine.ts');
  await serveVolume('$socket', 2 ** 29);
" 2>/dev/null &
engine=$!
eventually test -S "$socket"

start_tgtd
attach $((400 * 1024 * 1024))
echo "timeout $(cat "/sys/block/$disk/device/timeout")"
mkfs.xfs -q /dev/longhorn/vol
mount /dev/longhorn/vol /volume
head -c 20000000 /dev/urandom >/volume/data
sum=$(sha256sum </volume/data)
sync /volume/data
echo 3 >/proc/sys/vm/drop_caches
[ "$sum" != "$(sha256sum </volume/data)" ] || echo 'data same'
rm /volume/data
echo "trim $(fstrim /volume && echo 'was done')"
admin update --mode logicalunit --tid 1 --lun 1 --params bsopts=size=$((512 * 1024 * 1024))
initiator -R
echo "sectors $(cat "/sys/block/$disk/size")"
umount /volume
detach
echo "loops-after-detach $(loops)"

attach $((512 * 1024 * 1024))
mount /dev/longhorn/vol /volume
kill -KILL "$tgtd"
wait "$tgtd" 2>/dev/null || true
if head -c 4096 /dev/zero 2>/dev/null >/volume/late && sync /volume/late 2>/dev/null; then echo 'killed silent'; else echo 'killed error'; fi
umount /volume
eventually test "$(loops)" = 0
echo "loops-after-kill $(loops)"

start_tgtd
initiator --logout
attach $((512 * 1024 * 1024))
mount /dev/longhorn/vol /volume
echo 'again mounted'
kill -KILL "$engine"
detach
if head -c 4096 /dev/zero 2>/dev/null >/volume/late && sync /volume/late 2>/dev/null; then echo 'taken silent'; else echo 'taken error'; fi
umount /volume
eventually test "$(loops)" = 0
echo "loops-at-the-end $(loops)"
