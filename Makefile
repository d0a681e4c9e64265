SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

# LIB is every package but the program and the rules.
LIB = $$(go list ./... | grep -v -e /cmd/ -e /internal/house)
TOOL = go tool -modfile=tools/go.mod

# Parameters: crashes, time of each fuzz target, repetitions of a benchmark.
N ?= 1000
T ?= 30s
COUNT ?= 6

.PHONY: build test lint race long compare compare-numpyro compare-zoo compare-engines bench paper paper-posteriordb paper-flows paper-bounds paper-bnn paper-beta paper-pythae paper-hierarchy paper-labels paper-vq paper-codes paper-vq2 paper-latent paper-vaegan paper-anomaly paper-sprites paper-crf paper-topics paper-rbm paper-rank paper-query test-beam gallery sbc crash fuzz cover docs clean

# One static program, ./elbo.
build:
	CGO_ENABLED=0 go build -trimpath -o elbo ./cmd/elbo

test:
	go test ./...

lint:
	test -z "$$(gofmt -l . | tee /dev/stderr)"
	go vet ./...
	$(TOOL) staticcheck ./...
	go test -count=1 ./internal/house

# The race detector needs cgo and a C compiler. The graph library's matrix product forms pointers
# that the checker refuses, so that one check is off there. The drawing packages, which are slow
# under the detector and use no goroutines of their own, run once.
DRAW := ./plot ./report
RACE := ELBO_KILLS=3 go test -race -gcflags='github.com/gomlx/compute/...=-d=checkptr=0' -count=1 -short -timeout 60m
race:
	for p in 1 2 4; do echo "GOMAXPROCS=$$p"; \
		GOMAXPROCS=$$p CGO_ENABLED=1 $(RACE) $$(go list $(LIB) | grep -v -e /plot -e /report) || exit 1; done
	CGO_ENABLED=1 $(RACE) $(DRAW)

# The checks that take hours at full size: a thousand kills of a saving process, fifty of a
# training one.
long:
	bench/record long env ELBO_CRASH_N=$(N) ELBO_KILLS=50 go test ./ckpt ./train -run Kill -count=1 -v -timeout 4h

# Published figures beside ours: all of them, hours, or a part.
PAPER = env ELBO_PAPER=1 go test ./paper -count=1 -v -timeout 4h
paper:
	bench/record paper $(PAPER)
paper-posteriordb:
	bench/record posteriordb $(PAPER) -run PosteriorDB
paper-flows:
	bench/record flows $(PAPER) -run 'Potentials|FlowsOfTables'
paper-bounds:
	bench/record bounds $(PAPER) -run 'PaperMNIST(Importance|Flow|Gaps|Overfit)'
paper-bnn:
	bench/record bnn $(PAPER) -run 'PaperBNN'
paper-beta:
	bench/record beta $(PAPER) -run 'PaperMNIST(BetaSweep|Objectives)'
paper-hierarchy:
	bench/record hierarchy $(PAPER) -run 'PaperHierarchies'
paper-labels:
	bench/record labels $(PAPER) -run 'Paper(Labels|HalfDigits)'
paper-vq:
	bench/record vq $(PAPER) -run 'PaperVQ(Usage|Samples)'
paper-codes:
	bench/record codes $(PAPER) -run 'PaperVQ(Finite|Tricks)'
paper-vq2:
	bench/record vq2 $(PAPER) -run 'PaperVQTwoLevels'
paper-latent:
	bench/record latent $(PAPER) -run 'PaperLatentSizes|PaperPathsOfDigits|PaperAnomalySimple|PaperFSQInOneEpoch|PaperLabelsSupervised'
paper-pythae:
	bench/record pythae env ELBO_PYTHON=$(PYTHON) $(PAPER) -run 'PaperP(ythae|riors)'
paper-vaegan:
	bench/record vaegan $(PAPER) -run 'PaperVAEGAN'
paper-anomaly:
	bench/record anomaly $(PAPER) -run 'PaperAnomaly|PaperOneClass'
paper-sprites:
	bench/record sprites $(PAPER) -run 'PaperSprites'

paper-crf:
	bench/record crf env ELBO_PAPER=1 go test ./crf -count=1 -v -timeout 1h -run PublishedRange

# Topics of the press and of news to the bars of their papers.
paper-topics:
	bench/record topics env ELBO_PAPER=1 go test ./topic -count=1 -v -timeout 2h -run 'TestTopicsOf|ChosenOnTraining'

paper-rbm:
	bench/record rbm env ELBO_PAPER=1 go test ./pgm/field -count=1 -v -timeout 1h -run Digits

# Skills of simulated players: ranks and the coverage of intervals.
paper-rank:
	bench/record rank env ELBO_PAPER=1 go test ./rank -count=1 -v -timeout 1h -run Simulated

# Ten thousand damaged models through the commands that read them.
paper-query:
	bench/record query env ELBO_PAPER=1 go test ./cmd/elbo -count=1 -v -timeout 1h -run DamagedModels

# The pipelines for clusters, a module of its own that downloads Apache Beam.
test-beam:
	cd cluster/beam && go vet ./... && go test ./...

# Every model, trained for twenty epochs on what is embedded, on one page; a quarter of an hour.
gallery:
	go run ./cmd/elbo gallery --epochs 20 --max-rows 0 --out gallery.html

# Simulation-based calibration of fitted posteriors, with its negative controls.
sbc:
	bench/record sbc $(PAPER) -run 'SBC|MeanFieldIsCentred'

# Training speed beside PyTorch, JAX and GoMLX's own engines; PYTHON is an interpreter that has the
# peers.
PYTHON ?= python3
compare:
	bench/record compare go run ./bench/compare -python $(PYTHON)

# The zoo beside Pythae and PyTorch, in turn; about ten minutes on a quiet machine.
compare-zoo:
	bench/record compare-zoo go run ./bench/compare -python $(PYTHON) -rounds 3 -epochs 2 -suites mlp,beta,vamp,iwae,conv,vq,vq-pythae

# Black-box variational inference beside NumPyro; on a quiet machine, about half an hour.
compare-numpyro:
	bench/record numpyro go run ./bench/numpyro -python $(PYTHON) -data $(or $(ELBO_DATA),../shared/data)

# The conjugate engines beside scikit-learn, gensim, hmmlearn, CRFsuite and pgmpy; half an hour on a quiet machine.
ENGINES = go run ./bench/engines -python $(PYTHON) && go run ./bench/topics -python $(PYTHON) -data $(or $(ELBO_DATA),../shared/data) && \
	$(PYTHON) bench/peers/hmmlearn_speed.py
compare-engines:
	bench/record compare-engines bash -c '$(ENGINES)'

bench:
	bench/record bench go test ./... -run '^$$' -bench . -benchmem -count $(COUNT) -timeout 2h

# Kill a saving process N times and look for lost or torn checkpoints.
crash:
	go test -list Kill ./ckpt | grep '^Test'
	ELBO_CRASH_N=$(N) go test ./ckpt -run Kill -count=1 -v -timeout 1h

# Each fuzz target for T.
fuzz:
	dirs=$$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -r -n1 dirname | sort -u || true); \
	for dir in $$dirs; do \
		for target in $$(go test -list '^Fuzz' $$dir | grep '^Fuzz'); do \
			echo "$$dir $$target"; go test $$dir -run '^$$' -fuzz "^$$target\$$" -fuzztime $(T); \
		done; \
	done

cover:
	go test -coverprofile=cover.prof -coverpkg=./... $(LIB)
	go tool cover -func=cover.prof | tail -n 1

# The table of models is printed by the program.
docs:
	go run ./cmd/elbo models --markdown > docs/models.md.new
	mv docs/models.md.new docs/models.md

clean:
	rm -f elbo cover.prof docs/models.md.new
