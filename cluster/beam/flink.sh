#!/usr/bin/env bash
# Fits topics on Apache Flink: a job server with a Flink cluster of its own in one process, workers
# of elbo-beam in another, and the topics compared with those of the engine in the driver, to the
# bit. Needs a JDK (11 or 17), Maven and Go; says what is missing and ends with 0 where it is not
# at hand.
#
#	./flink.sh [DOCUMENTS.dat|.gz]      in LDA-C format; made-up ones by default
#
# FLINK is Flink's version and BEAM that of the job server, whose protocol is stable: it need not
# be that of the Go SDK.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
flink=${FLINK:-1.19} beam=${BEAM:-2.77.0}
work=${WORK:-$(mktemp -d)}
skip() {
	echo "flink.sh: skipped: $1"
	exit 0
}
for tool in java mvn go; do
	command -v "$tool" >/dev/null || skip "there is no $tool"
done

jar=$work/beam-runners-flink-$flink-job-server-$beam.jar
if [ ! -f "$jar" ]; then
	mvn -q -U -B -Dstyle.color=never dependency:copy -Dartifact="org.apache.beam:beam-runners-flink-$flink-job-server:$beam" \
		-DoutputDirectory="$work" >"$work/mvn.log" 2>&1 ||
		skip "Maven does not give the job server of Flink $flink at $beam: $(grep -m1 -o 'Could not find artifact[^(]*' "$work/mvn.log")"
fi
program=${PROGRAM:-$work/elbo-beam}
[ -x "$program" ] || go build -trimpath -ldflags '-s -w' -o "$program" ./cmd/elbo-beam

data=${1:-$work/documents.dat}
if [ ! -f "$data" ]; then
	awk 'BEGIN { srand(1); for (d = 0; d < 2000; d++) { line = ""; n = 0
		for (v = 0; v < 500; v++) if (rand() < (v % 10 == d % 10 ? 0.4 : 0.04)) { line = line " " v ":" 1 + int(3 * rand()); n++ }
		print n line } }' >"$data"
fi

pids=()
finish() {
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
}
trap finish EXIT
java -jar "$jar" --flink-master='[local]' --job-host=localhost --job-port=8099 --artifact-port=0 --expansion-port=0 \
	--artifacts-dir="$work/artifacts" >"$work/flink.log" 2>&1 &
pids+=($!)
"$program" worker --port 50000 >"$work/worker.log" 2>&1 &
pids+=($!)
for _ in $(seq 120); do
	(exec 3<>/dev/tcp/localhost/8099) 2>/dev/null && break
	sleep 1
done

train() { "$program" train lda --data "$data" --topics 10 --sweeps 6 --fresh 3 --shard 100 "$@"; }
train --out "$work/here" --runner prism
time train --out "$work/flink" --runner flink --endpoint localhost:8099 --environment external --environment-config localhost:50000 --timeout 10m
cmp "$work/here/model.json" "$work/flink/model.json"
echo "flink.sh: the topics of Flink $flink are those of the engine in the driver, to the bit"
