#!/usr/bin/env bash
# Runs other people's tests on this engine: the suite that package compute has for backends,
# then GoMLX's own tests, once with GOMLX_BACKEND=elbo and once with GOMLX_BACKEND=go. Prints the
# counts, and what passes on go but not on elbo. Needs the modules that GoMLX's tests need.
#
#   cpu/compliance.sh [configuration of elbo, such as threads=1,unfused]
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
config=elbo${1:+:$1}
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
count() { grep -cE -- "^ *--- $1" "$2" || true; }

cd "$here"
go test -count=1 -run 'TestCompliance$' -v ./cpu > "$work/suite" 2>&1 || true
echo "compute's suite: $(count PASS "$work/suite") passed, $(count FAIL "$work/suite") failed, $(count SKIP "$work/suite") skipped"
grep -E -- '--- (FAIL|SKIP)|^FAIL|\.go:[0-9]+:[0-9]+: |Fallback' "$work/suite" | sort | uniq -c | sort -rn | head -n 40

# A copy of GoMLX in which no test looks for an XLA plug-in and both engines are linked.
cp -r "$(go list -m -f '{{.Dir}}' github.com/gomlx/gomlx)" "$work/gomlx"
chmod -R u+w "$work/gomlx"
cd "$work/gomlx"
grep -rlE 'xla.AutoInstall' --include=*.go support core | xargs sed -i -e '/go-xla/d' -e 's/err := xla.AutoInstall()/var err error/'
for package in support/testutil:testutil backends/default:_default; do
	cat > "${package%:*}/engines.go" <<GO
package ${package#*:}

import (
	_ "github.com/elbo-go/elbo/cpu"
	_ "github.com/gomlx/compute/gobackend"
)
GO
done
go mod edit -require github.com/elbo-go/elbo@v0.0.0 -replace "github.com/elbo-go/elbo=$here"
export GOFLAGS=-mod=mod
packages=${PACKAGES:-./core/... ./ml/layers/... ./ml/nn/... ./ml/train/... ./ml/model ./ml/zoo/...}
mkdir "$work/bin"
# shellcheck disable=SC2086 # a list
go list -tags noxla -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.Dir}}{{end}}' $packages | while read -r path dir; do
	go test -tags noxla -c -o "$work/bin/${path//\//+}" "$path" || continue
	echo "${path//\//+} $dir" >> "$work/packages"
done
# Each test has a process of its own: a panic ends the process.
# GoMLX's engine runs one operation after another: side by side, products can hang.
for name in go:ops_sequential "$config"; do
	while read -r binary dir; do
		cd "$dir"
		for test in $("$work/bin/$binary" -test.list . < /dev/null | grep ^Test || true); do
			GOMLX_BACKEND=$name "$work/bin/$binary" -test.v -test.timeout 10m -test.run "^$test\$" < /dev/null > "$work/one" 2>&1 ||
				echo "--- FAIL: $test (process)" >> "$work/one"
			sed "s/^\( *---.*: \)/\1$binary:/" "$work/one" >> "$work/$name"
		done
	done < "$work/packages"
	sed -nE 's/^ *--- (PASS|FAIL|SKIP): ([^ ]*) .*/\1 \2/p' "$work/$name" | sed "s#/$name\b#/engine#g" | sort -u > "$work/$name.list"
	echo "GoMLX's tests on $name: $(grep -c ^PASS "$work/$name.list") passed, $(grep -c ^FAIL "$work/$name.list") failed, $(grep -c ^SKIP "$work/$name.list") skipped"
done
echo "pass on go, but not on $config:"
comm -23 <(grep ^PASS "$work/go:ops_sequential.list") <(grep ^PASS "$work/$config.list")
echo "pass on $config, but not on go: $(comm -13 <(grep ^PASS "$work/go:ops_sequential.list") <(grep ^PASS "$work/$config.list") | wc -l)"
if [ -n "${KEEP:-}" ]; then cp "$work/$config" "$KEEP"; fi
