#!/bin/sh
# gpg(1) without a terminal to ask at: the passphrase is that of CONFORM_PASSPHRASE.
exec /usr/bin/gpg --batch --yes --pinentry-mode loopback --passphrase "$CONFORM_PASSPHRASE" "$@"
