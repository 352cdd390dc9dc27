#!/usr/bin/env bash
# Guide: Backup Procedures, etcd Snapshot; corrected for
#   E08  the snapshot is written on the client, so that there is nothing to copy from the node
#   E14  the endpoint is named: the generated talosconfig has none
#   E58  the snapshot holds every Secret of the cluster: only its encrypted form is kept
# Usage: [PASSPHRASE_FILE=file] ./etcd-snapshot.sh; without a file gpg asks for the passphrase
set -euo pipefail

SNAPSHOT="etcd-backup-$(date +%Y%m%d-%H%M%S).db"
GPG=(gpg --symmetric --cipher-algo AES256)
if [[ -n "${PASSPHRASE_FILE:-}" ]]; then
  GPG+=(--batch --pinentry-mode loopback --passphrase-file "$PASSPHRASE_FILE")
fi

umask 077
FOLDER=$(mktemp -d)
trap 'rm -rf "$FOLDER"' EXIT
talosctl --talosconfig talosconfig --endpoints 192.168.29.11 --nodes 192.168.29.11 etcd snapshot "$FOLDER/$SNAPSHOT"
"${GPG[@]}" --output "$SNAPSHOT.gpg" "$FOLDER/$SNAPSHOT"
echo "Encrypted snapshot: $SNAPSHOT.gpg"
