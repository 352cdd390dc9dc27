BACKUP_DIR="cluster-backup-$(date +%Y%m%d)"
mkdir -p $BACKUP_DIR
cp *.yaml talosconfig kubeconfig canine-values.yaml opencost-values.yaml \
   apply-tenant-isolation.sh provision-tenant.sh tenant-cost-report.sh \
   $BACKUP_DIR/
tar -czf ${BACKUP_DIR}.tar.gz $BACKUP_DIR/
# Encrypt before storing off-cluster:
gpg --symmetric --cipher-algo AES256 ${BACKUP_DIR}.tar.gz
echo "Encrypted backup: ${BACKUP_DIR}.tar.gz.gpg"
