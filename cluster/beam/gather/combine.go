package gather

import (
	"context"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/elbo-go/elbo/cluster/beam/store"
)

func init() {
	register.Combiner2[Total, Part](&sumFn{})
	register.DoFn3x1[context.Context, int64, Total, error](&writeFn{})
	register.Emitter2[int64, Part]()
}

// sumFn is the combiner of the parts of a table.
type sumFn struct{}

// CreateAccumulator is the sum of nothing.
func (*sumFn) CreateAccumulator() Total { return Total{} }

// AddInput adds a part.
func (*sumFn) AddInput(t Total, p Part) (Total, error) { return t.Add(p) }

// MergeAccumulators adds two sums.
func (*sumFn) MergeAccumulators(t, u Total) (Total, error) { return t.Merge(u) }

// ExtractOutput is the sum.
func (*sumFn) ExtractOutput(t Total) Total { return t }

// Head says what a table is that was written.
type Head struct {
	// Run names what it was computed from.
	Run string
	// Table is its number.
	Table int64
	// Shards are those that it sums up.
	Shards []int32
	// Rows are the rows that it has.
	Rows []int32
}

// writeFn writes each table to a file of its own.
type writeFn struct {
	Run    string // what the tables are computed from
	Prefix string // table t is at the prefix and t
}

// ProcessElement writes one.
func (w *writeFn) ProcessElement(ctx context.Context, table int64, t Total) error {
	return store.Put(ctx, path(w.Prefix, table), Head{w.Run, table, t.Shards, t.Rows}, t.Sums.Floats())
}

// path is where a table is.
func path(prefix string, table int64) string { return fmt.Sprintf("%stable-%05d.blob", prefix, table) }

// Tables sums up parts by their table, KV<int64, Part>, and writes each sum to a file. A runner
// that does it twice writes the same files twice.
func Tables(s beam.Scope, parts beam.PCollection, run, prefix string) {
	s = s.Scope("gather.Tables")
	beam.ParDo0(s, &writeFn{Run: run, Prefix: prefix}, beam.CombinePerKey(s, &sumFn{}, parts))
}

// Read reads a table that was written for the run.
func Read(ctx context.Context, run, prefix string, table int64) (Head, []float64, error) {
	var h Head
	x, err := store.Get(ctx, path(prefix, table), &h)
	if err != nil {
		return h, nil, err
	}
	if h.Run != run || h.Table != table {
		return h, nil, fmt.Errorf("gather: %s: got table %d of run %q, want %d of %q", path(prefix, table), h.Table, h.Run, table, run)
	}
	return h, x, nil
}
