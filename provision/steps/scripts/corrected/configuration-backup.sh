#!/usr/bin/env bash
# Guide: Backup Procedures, Configuration Backup; corrected for
#   E01  the third control plane is a node too
#   E14  the endpoint is named: the generated talosconfig has none
#   E57  each node's configuration is read from the node; the invoice script is part of the backup; a missing file ends it
#   E58  tar writes into gpg: no readable copy is left beside the encrypted one
# Usage: [PASSPHRASE_FILE=file] ./configuration-backup.sh; without a file gpg asks for the passphrase
set -euo pipefail

BACKUP="cluster-backup-$(date +%Y%m%d)"
GPG=(gpg --symmetric --cipher-algo AES256)
if [[ -n "${PASSPHRASE_FILE:-}" ]]; then
  GPG+=(--batch --yes --pinentry-mode loopback --passphrase-file "$PASSPHRASE_FILE")
fi

umask 077
FOLDER=$(mktemp -d)
trap 'rm -rf "$FOLDER"' EXIT
mkdir "$FOLDER/$BACKUP"
for FILE in canine-values.yaml opencost-values.yaml; do
  [[ -f "$FILE" ]] || { echo "$FILE is missing here" >&2; exit 1; }
done
cp -- *.yaml talosconfig kubeconfig \
   canine-onboarding.sh apply-tenant-isolation.sh provision-tenant.sh tenant-cost-report.sh monthly-invoice.sh \
   "$FOLDER/$BACKUP/"

# E57: what a node runs, in place of what was once generated for it
NODES=(cp01=192.168.29.11 cp02=192.168.29.12 cp03=192.168.29.13 w01=192.168.29.21 w02=192.168.29.22 w03=192.168.29.23)
for NODE in "${NODES[@]}"; do
  talosctl --talosconfig talosconfig --endpoints "${NODE#*=}" --nodes "${NODE#*=}" \
    get machineconfig v1alpha1 --output jsonpath='{.spec}' > "$FOLDER/$BACKUP/${NODE%%=*}.yaml"
done

# E58
tar -C "$FOLDER" -czf - "$BACKUP/" | "${GPG[@]}" --output "${BACKUP}.tar.gz.gpg"
echo "Encrypted backup: ${BACKUP}.tar.gz.gpg"
