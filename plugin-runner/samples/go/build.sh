#!/bin/sh
# Builds the program and puts it into the folder that provd installs: plugin/.
#
# It needs Go 1.19 or newer, protoc, protoc-gen-go and protoc-gen-go-grpc. Where Debian's libraries for Go are installed it
# uses them, and no network; elsewhere, or with MODULES=1, it uses modules as go.mod states them.
set -eu
cd "$(dirname "$0")"

module=acme.example/acme
library=/usr/share/gocode
tree=../../../proto
protos="provd/plugin/v1/describe.proto provd/plugin/v1/device.proto provd/plugin/v1/plugin.proto
    provd/plugin/v1/raw_config.proto provd/plugin/v1/request.proto"

# A copy of the .proto files, so that this folder can be taken elsewhere and built there.
if [ -d "$tree/provd" ]; then
    mkdir -p proto
    cp -R "$tree/provd" proto/
fi

# They say nothing of Go, so where their code belongs is said here.
names=""
for proto in $protos; do
    names="$names --go_opt=M$proto=$module/contract --go-grpc_opt=M$proto=$module/contract"
done
# shellcheck disable=SC2086
protoc --proto_path=proto --go_out=. --go_opt=module="$module" --go-grpc_out=. --go-grpc_opt=module="$module" $names $protos

# A program that needs no library of the machine runs on every one of its kind.
export CGO_ENABLED=0
if [ -z "${MODULES:-}" ] && [ -d "$library/src/google.golang.org/grpc" ]; then
    trap 'rm -rf build' EXIT
    mkdir -p "build/src/$(dirname "$module")"
    ln -sfn "$PWD" "build/src/$module"
    GO111MODULE=off GOPATH="$PWD/build:$library" go build -trimpath -o plugin/acme "$module"
else
    go mod tidy
    go build -trimpath -o plugin/acme .
fi
