package cut

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
)

// network is one to be cut by hand: capacities[n] is the source's row, [n+1] the sink's column.
type network struct {
	n        int
	terminal [][2]float64
	arcs     []arc
}

type arc struct {
	u, v        int
	forth, back float64
}

func (w *network) flow() *Flow {
	f := NewFlow(w.n)
	for v, t := range w.terminal {
		f.Terminal(v, t[0], t[1])
	}
	for _, a := range w.arcs {
		f.Arc(a.u, a.v, a.forth, a.back)
	}
	return f
}

// capacity is what crosses a cut from the source's side to the sink's.
func (w *network) capacity(onSource func(v int) bool) (sum float64) {
	for v, t := range w.terminal {
		if onSource(v) {
			sum += t[1]
		} else {
			sum += t[0]
		}
	}
	for _, a := range w.arcs {
		switch u, v := onSource(a.u), onSource(a.v); {
		case u && !v:
			sum += a.forth
		case v && !u:
			sum += a.back
		}
	}
	return sum
}

func randomNetwork(r *rand.Rand, n int, whole bool) *network {
	w := &network{n: n}
	draw := func() float64 {
		if r.IntN(3) == 0 {
			return 0
		}
		if whole {
			return float64(r.IntN(5))
		}
		return r.ExpFloat64()
	}
	for range n {
		w.terminal = append(w.terminal, [2]float64{draw(), draw()})
	}
	for range r.IntN(3*n + 1) {
		if u, v := r.IntN(n), r.IntN(n); u != v {
			w.arcs = append(w.arcs, arc{u, v, draw(), draw()})
		}
	}
	return w
}

func TestTheMaximumFlowIsTheMinimumCut(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 30))
	for i := range 3000 {
		w := randomNetwork(r, 1+r.IntN(9), i%2 == 0)
		f := w.flow()
		got, err := f.Max(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := math.Inf(1)
		for set := range 1 << w.n {
			want = min(want, w.capacity(func(v int) bool { return set>>v&1 == 1 }))
		}
		tk.Close(t, "flow", got, want, 1e-12)
		tk.Close(t, "its cut", w.capacity(f.Source), want, 1e-12)
	}
}

// Networks too large to go through all cuts: a cut as large as the flow proves both.
func TestLargeNetworksHaveACutOfTheirFlow(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 30))
	for i := range 60 {
		w := randomNetwork(r, 200+r.IntN(400), i%2 == 0)
		f := w.flow()
		got, err := f.Max(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "cut", w.capacity(f.Source), got, 1e-11)
		for v := range w.n {
			if x := f.excess[v]; x > 0 != (f.tree[v] == source) && x != 0 && f.tree[v] == free {
				t.Errorf("got node %d free with an excess of %v", v, x)
			}
		}
		// the flow keeps to capacities
		for a, rest := range f.rest {
			if k := w.arcs[a/2]; rest < 0 || rest+f.rest[a^1] > (k.forth+k.back)*(1+1e-9)+1e-12 {
				t.Errorf("got arc %d with %v left", a, rest)
			}
		}
	}
}

// A grid whose trees have to be torn and adopted many times.
func TestALongGridIsCutAtItsNarrows(t *testing.T) {
	const rows, cols = 12, 400
	w := &network{n: rows * cols, terminal: make([][2]float64, rows*cols)}
	r := rand.New(rand.NewPCG(3, 30))
	for i := range rows {
		w.terminal[i*cols][0], w.terminal[i*cols+cols-1][1] = 1e6, 1e6
		for j := range cols {
			if j+1 < cols {
				w.arcs = append(w.arcs, arc{i*cols + j, i*cols + j + 1, 1 + r.Float64(), r.Float64()})
			}
			if i+1 < rows {
				w.arcs = append(w.arcs, arc{i*cols + j, i*cols + j + cols, r.Float64(), r.Float64()})
			}
		}
	}
	for i := range rows { // a column of narrows
		for k := range w.arcs {
			if w.arcs[k].u == i*cols+250 && w.arcs[k].v == i*cols+251 {
				w.arcs[k].forth = .01 * float64(i+1)
			}
		}
	}
	f := w.flow()
	got, err := f.Max(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "flow", got, .01*rows*(rows+1)/2, 1e-12)
	tk.Close(t, "cut", w.capacity(f.Source), got, 1e-9)
}

func TestFlowsWithoutEnd(t *testing.T) {
	inf := math.Inf(1)
	straight := NewFlow(1)
	straight.Terminal(0, inf, inf)
	path := NewFlow(2)
	path.Terminal(0, inf, 0)
	path.Terminal(1, 0, inf)
	path.Arc(0, 1, inf, 0)
	for _, f := range []*Flow{straight, path} {
		if _, err := f.Max(t.Context()); !errors.Is(err, pgm.ErrImpossible) {
			t.Errorf("got %v, want no bound", err)
		}
	}
	held := NewFlow(2)
	held.Terminal(0, inf, 1)
	held.Terminal(1, 0, 3)
	held.Terminal(1, 1, 0)
	held.Arc(0, 1, inf, inf)
	if x, err := held.Max(t.Context()); err != nil || x != 4 {
		t.Errorf("got %v and %v, want 4", x, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := held.Max(ctx); err != nil {
		t.Logf("%v", err)
	}
	again := NewFlow(1)
	again.Terminal(0, 1, 0)
	if _, err := again.Max(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was stopped", err)
	}
}
