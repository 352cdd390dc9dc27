module components/versitygw

go 1.24.0

tool github.com/versity/versitygw/cmd/versitygw

require github.com/versity/versitygw v1.0.10
