// Package lda fits latent Dirichlet allocation (package topic) with its documents on a cluster: a
// sweep of batch variational Bayes is one Beam pipeline, in which each shard of the corpus infers
// its documents under the topics that it reads from a file, and the expected counts of the terms,
// V×K, are summed up in blocks of terms. A driver takes the step λ ← η + Σ_d n_dv φ_dvk between
// sweeps, with the code that fits in one process, and writes the next file of topics.
//
// Nothing that a worker does changes what it reads: γ of sweep s is read from the files of sweep
// s−1 and written to those of sweep s, so that a shard may be inferred any number of times.
package lda

import (
	"context"
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/elbo-go/elbo/cluster/beam/gather"
	"github.com/elbo-go/elbo/cluster/beam/shard"
	"github.com/elbo-go/elbo/cluster/beam/store"
	"github.com/elbo-go/elbo/topic"
)

func init() {
	register.DoFn3x1[context.Context, shard.Shard, func(int64, gather.Part), error](&inferFn{})
}

// sweep is what a worker has to know of a sweep.
type sweep struct {
	Run        string  // names the data and the configuration
	Dir        string  // the folder of the run
	Number     int     // from 1
	Format     string  // of the shards
	Vocabulary int     // V
	Start      bool    // γ begins anew
	Keep       bool    // the next sweep goes on from this γ
	Inner      int     // updates of γ at most
	Tolerance  float64 // of γ
	Threads    int     // of a worker's shard
	Block      int     // terms of a table
}

// Table 0 of a sweep holds totals in one row of these columns; table 1+b the terms b·Block … of
// the counts.
const (
	documents = iota
	tokens
	updates
	bound
	totals // their number
)

// topicsPath is where the topics are that sweep s left; s = 0 is the start.
func topicsPath(dir string, s int) string { return join(dir, fmt.Sprintf("topics-%05d.blob", s)) }

// gammaPath is where γ of a shard is after sweep s.
func gammaPath(dir string, s int, id int32) string {
	return join(dir, fmt.Sprintf("gamma-%05d-%05d.blob", s, id))
}

// tables is the prefix of the tables of sweep s.
func tables(dir string, s int) string { return join(dir, fmt.Sprintf("sweep-%05d-", s)) }

// join is a name in a folder, which may be gs://…
func join(dir, name string) string {
	if scheme, rest, ok := strings.Cut(dir, "://"); ok {
		return scheme + "://" + path.Join(rest, name)
	}
	return path.Join(dir, name)
}

// gammaHead says what a file of γ is of.
type gammaHead struct {
	Run   string
	Sweep int
	Shard int32
}

// inferFn infers the documents of a shard.
type inferFn struct {
	Sweep sweep

	expect *topic.Expectation
}

// beforeShard lets tests break a worker at a shard.
var beforeShard = func(sweep int, id int32) error { return nil }

// Setup loads the topics.
func (f *inferFn) Setup(ctx context.Context) (err error) {
	f.expect, err = loaded.of(ctx, f.Sweep)
	return err
}

// ProcessElement infers a shard and says what it adds to each table.
func (f *inferFn) ProcessElement(ctx context.Context, s shard.Shard, emit func(int64, gather.Part)) error {
	if err := beforeShard(f.Sweep.Number, s.ID); err != nil {
		return err
	}
	docs, err := shard.Read(ctx, s, f.Sweep.Format, f.Sweep.Vocabulary)
	if err != nil {
		return err
	}
	gamma := make([]float64, docs.Len()*f.expect.Topics)
	if !f.Sweep.Start {
		if gamma, err = readGamma(ctx, f.Sweep, s.ID); err != nil {
			return err
		}
	}
	got, err := f.expect.Infer(docs, gamma, topic.Config{Inner: f.Sweep.Inner, InnerTolerance: f.Sweep.Tolerance, Threads: f.Sweep.Threads})
	if err != nil {
		return err
	}
	if f.Sweep.Keep {
		head := gammaHead{f.Sweep.Run, f.Sweep.Number, s.ID}
		if err := store.Put(ctx, gammaPath(f.Sweep.Dir, f.Sweep.Number, s.ID), head, gamma); err != nil {
			return err
		}
	}
	for table, part := range parts(s.ID, got, f.expect.Topics, f.Sweep.Block) {
		emit(table, part)
	}
	return nil
}

// readGamma reads what the sweep before left.
func readGamma(ctx context.Context, s sweep, id int32) ([]float64, error) {
	var head gammaHead
	name := gammaPath(s.Dir, s.Number-1, id)
	gamma, err := store.Get(ctx, name, &head)
	if err != nil {
		return nil, err
	}
	if want := (gammaHead{s.Run, s.Number - 1, id}); head != want {
		return nil, fmt.Errorf("lda: %s: got γ of %+v, want that of %+v", name, head, want)
	}
	return gamma, nil
}

// parts are the statistics of a shard by table.
func parts(id int32, s topic.Statistics, k, block int) map[int64]gather.Part {
	of := map[int64]gather.Part{0: {Shard: id, Rows: []int32{0},
		Values: []float64{documents: float64(s.Documents), tokens: float64(s.Tokens), updates: float64(s.Updates), bound: s.Bound}}}
	for from := 0; from < len(s.Terms); {
		b := int(s.Terms[from]) / block
		p, to := gather.Part{Shard: id}, from
		for ; to < len(s.Terms) && int(s.Terms[to])/block == b; to++ {
			p.Rows = append(p.Rows, s.Terms[to]-int32(b*block))
		}
		p.Values = s.Counts[from*k : to*k]
		of[1+int64(b)] = p
		from = to
	}
	return of
}

// pipeline is the sweep over the shards.
func (s sweep) pipeline(scope beam.Scope, shards []shard.Shard) {
	scope = scope.Scope("lda.Sweep")
	work := beam.Reshuffle(scope, beam.CreateList(scope, shards))
	gather.Tables(scope, beam.ParDo(scope, &inferFn{Sweep: s}, work), s.tag(), tables(s.Dir, s.Number))
}

// tag names what the tables of the sweep are computed from.
func (s sweep) tag() string { return fmt.Sprintf("%s/%d", s.Run, s.Number) }

// cache keeps the expectation of one file of topics for all the threads of a process.
type cache struct {
	mu     sync.Mutex
	key    string
	expect *topic.Expectation
}

var loaded cache

// of is the expectation of the topics that the sweep starts from.
func (c *cache) of(ctx context.Context, s sweep) (*topic.Expectation, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := s.tag() + " " + s.Dir
	if c.key != key {
		state, err := readState(ctx, s.Run, s.Dir, s.Number-1)
		if err != nil {
			return nil, err
		}
		c.key, c.expect = key, state.model.Expect(s.Threads)
	}
	return c.expect, nil
}
