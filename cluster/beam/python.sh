#!/usr/bin/env bash
# Fits topics on the engine of Beam's Python SDK: its job service in one process, workers of
# elbo-beam in another, and the topics compared with those of the engine in the driver, to the
# bit. Needs Go and a Python with apache-beam (2.77.0 was tried); says what is missing and ends
# with 0 where it is not at hand.
#
#	PYTHON=venv/bin/python ./python.sh [DOCUMENTS.dat|.gz]      in LDA-C format; made-up ones by default
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
python=${PYTHON:-python3}
work=${WORK:-$(mktemp -d)}
if ! "$python" -c 'import apache_beam' >/dev/null 2>&1; then
	echo "python.sh: skipped: $python has no apache_beam"
	exit 0
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
"$python" -m apache_beam.runners.portability.local_job_service_main --port 8098 --staging_dir "$work/staged" >"$work/python.log" 2>&1 &
pids+=($!)
"$program" worker --port 50001 >"$work/worker.log" 2>&1 &
pids+=($!)
for _ in $(seq 120); do
	(exec 3<>/dev/tcp/localhost/8098) 2>/dev/null && break
	sleep 1
done

train() { "$program" train lda --data "$data" --topics 10 --sweeps 6 --fresh 3 --shard 100 "$@"; }
train --out "$work/here" --runner prism
time train --out "$work/python" --runner universal --endpoint localhost:8098 --environment external --environment-config localhost:50001 --timeout 10m
cmp "$work/here/model.json" "$work/python/model.json"
echo "python.sh: the topics of the Python engine are those of the engine in the driver, to the bit"
