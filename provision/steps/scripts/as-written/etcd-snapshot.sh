talosctl --talosconfig talosconfig --nodes 192.168.29.11 \
  etcd snapshot /tmp/etcd-backup-$(date +%Y%m%d-%H%M%S).db

talosctl --talosconfig talosconfig --nodes 192.168.29.11 \
  cp /tmp/etcd-backup-*.db ./
