module components/longhorn

go 1.24.0

require github.com/longhorn/longhorn-manager v1.10.0
