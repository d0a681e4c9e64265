package network

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// asia are the nodes of the chest clinic (Lauritzen & Spiegelhalter 1988).
func asia() []Node {
	states := []string{"yes", "no"}
	nodes := []Node{{Name: "asia"}, {Name: "smoke", Kind: Set}, {Name: "tub", Parents: []int{0}}, {Name: "lung", Parents: []int{1}},
		{Name: "bronc", Parents: []int{1}}, {Name: "either", Parents: []int{2, 3}}, {Name: "xray", Parents: []int{5}, Kind: Seen}, {Name: "dysp", Parents: []int{5, 4}}}
	for i := range nodes {
		nodes[i].States, nodes[i].P = states, []float64{float64(i) / 8, 1 - float64(i)/8}
	}
	return nodes
}

// random is a graph whose edges go from lower to higher nodes.
func random(r *rand.Rand, n, edges int) [][]int {
	parents := make([][]int, n)
	for range edges {
		a, b := r.IntN(n), r.IntN(n)
		if a = min(a, b); a < max(b, a) && !slices.Contains(parents[b], a) && a != b && a < b {
			parents[b] = append(parents[b], a)
		}
	}
	for i := range parents {
		slices.Sort(parents[i])
	}
	return parents
}

func TestEdgesGoDownFromLayerToLayer(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		parents := random(r, 1+r.IntN(30), r.IntN(60))
		g := newLayered(parents)
		for v := range g.layer {
			for _, u := range g.down[v] {
				if g.layer[u] != g.layer[v]+1 || !slices.Contains(g.up[u], v) {
					t.Fatalf("got an edge from layer %d to %d", g.layer[v], g.layer[u])
				}
			}
		}
		edges := 0
		for v, ps := range parents {
			edges += len(ps)
			for _, p := range ps {
				if !slices.ContainsFunc(g.paths, func(path []int) bool { return path[0] == p && path[len(path)-1] == v }) {
					t.Fatalf("no way from %d to %d", p, v)
				}
			}
		}
		if edges != len(g.paths) {
			t.Fatalf("got %d ways for %d edges", len(g.paths), edges)
		}
		count := 0
		for k, l := range g.layers {
			for _, v := range l {
				if count++; g.layer[v] != k {
					t.Fatalf("node %d: got layer %d, want %d", v, k, g.layer[v])
				}
			}
		}
		if count != len(g.layer) || len(g.layers[0]) == 0 {
			t.Fatalf("got %d nodes in layers, want %d", count, len(g.layer))
		}
	}
}

// Layers by the longest way have the least number of layers, and shorter edges have fewer bends.
func TestShorterEdgesNeedFewerBends(t *testing.T) {
	length := func(parents [][]int, depth []int) (sum int) {
		for v, ps := range parents {
			for _, p := range ps {
				sum += depth[v] - depth[p]
			}
		}
		return sum
	}
	r := rand.New(rand.NewPCG(2, 1))
	for range 200 {
		parents := random(r, 2+r.IntN(30), r.IntN(50))
		long := depths(parents)
		short := slices.Clone(long)
		shorten(parents, short)
		if length(parents, short) > length(parents, long) {
			t.Errorf("%v: got length %d, want at most %d", parents, length(parents, short), length(parents, long))
		}
	}
	if got := depths([][]int{{2}, nil, {0}, {2}}); got[1] != 0 || got[0] != -1 || got[3] != -1 {
		t.Errorf("a cycle: got %v, want −1 on it and below", got)
	}
}

// crossingsByPairs is the definition: two edges between the same layers cross where their ends are
// in different orders.
func crossingsByPairs(g *layered) (n int) {
	at := g.places()
	type edge struct{ k, a, b int }
	var all []edge
	for v, ds := range g.down {
		for _, u := range ds {
			all = append(all, edge{g.layer[v], at[v], at[u]})
		}
	}
	for i, e := range all {
		for _, f := range all[:i] {
			if e.k == f.k && (e.a-f.a)*(e.b-f.b) < 0 {
				n++
			}
		}
	}
	return n
}

func TestCrossingsAreCountedAndNotMore(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	before, after := 0, 0
	for range 100 {
		g := newLayered(random(r, 3+r.IntN(20), 5+r.IntN(30)))
		if got, want := g.crossings(), crossingsByPairs(g); got != want {
			t.Fatalf("got %d crossings, want %d", got, want)
		}
		first := g.crossings()
		nodes := slices.Clone(slices.Concat(g.layers...))
		g.order()
		if got := crossingsByPairs(g); got > first {
			t.Errorf("got %d crossings after ordering, want at most %d", got, first)
		}
		before, after = before+first, after+g.crossings()
		slices.Sort(nodes)
		if now := slices.Sorted(slices.Values(slices.Concat(g.layers...))); !slices.Equal(now, nodes) {
			t.Fatalf("got nodes %v, want %v", now, nodes)
		}
	}
	if t.Logf("crossings of 100 random graphs: %d, by the order of the file %d", after, before); 3*after > before {
		t.Errorf("got %d crossings of %d, want at most a third", after, before)
	}
}

// Graphs that can be drawn without a crossing: trees, and graphs of two layers in a wrong order.
func TestPlanarGraphsAreDrawnWithoutCrossings(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	for range 50 {
		n := 2 + r.IntN(25)
		parents := make([][]int, n)
		for i := 1; i < n; i++ {
			parents[i] = []int{r.IntN(i)}
		}
		g := newLayered(parents)
		if g.order(); g.crossings() > 0 {
			t.Errorf("a tree %v: got %d crossings", parents, g.crossings())
		}
	}
	for _, parents := range [][][]int{{nil, nil, nil, {2}, {1}, {0}}, {nil, nil, nil, {2, 1}, {1, 0}}, parentsOf(asia())} {
		g := newLayered(parents)
		if g.order(); g.crossings() > 0 {
			t.Errorf("%v: got %d crossings", parents, g.crossings())
		}
	}
}

// Pooled neighbours against the conditions of the optimum: a pool is at the mean of its own, no
// prefix of a pool would rather be lower, and the whole never falls.
func TestPoolingIsTheNearestSequenceThatNeverFalls(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	for range 300 {
		n := 1 + r.IntN(12)
		ys, ws := make([]float64, n), make([]float64, n)
		for i := range ys {
			ys[i], ws[i] = r.NormFloat64(), .1+r.Float64()
		}
		xs := monotone(ys, ws)
		cost := func(xs []float64) (sum float64) {
			for i, x := range xs {
				sum += ws[i] * (x - ys[i]) * (x - ys[i])
			}
			return sum
		}
		if !slices.IsSorted(xs) || len(xs) != n {
			t.Fatalf("got %v", xs)
		}
		for range 50 { // no feasible step is better
			step := make([]float64, n)
			for i := range step {
				step[i] = xs[i] + .05*r.NormFloat64()
			}
			slices.Sort(step)
			if cost(step) < cost(xs)-1e-12 {
				t.Fatalf("%v: got cost %g, and %g nearby", ys, cost(xs), cost(step))
			}
		}
	}
}

func TestNodesKeepTheirDistance(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	for range 60 {
		parents := random(r, 2+r.IntN(20), r.IntN(40))
		boxes := make([]box, len(parents))
		for i := range boxes {
			boxes[i] = box{w: 40 + 100*r.Float64(), h: 20 + 60*r.Float64()}
		}
		g := newLayered(parents)
		g.order()
		g.place(boxes)
		for k, l := range g.layers {
			for i, v := range l {
				if v < g.nodes && (g.y[v]-boxes[v].h/2 < g.top[k]-1e-9 || g.y[v]+boxes[v].h/2 > g.bottom[k]+1e-9) {
					t.Errorf("node %d leaves its layer", v)
				}
				if i > 0 && g.x[v]-g.x[l[i-1]] < g.apart(l[i-1], v)-1e-9 {
					t.Errorf("nodes %d and %d: got a distance of %g, want %g", l[i-1], v, g.x[v]-g.x[l[i-1]], g.apart(l[i-1], v))
				}
			}
			if k > 0 && g.top[k]-g.bottom[k-1] < layerGap-1e-9 {
				t.Errorf("layers %d and %d overlap", k-1, k)
			}
		}
	}
}

// A chain is drawn upright.
func TestAChainIsStraight(t *testing.T) {
	g := newLayered([][]int{nil, {0}, {1}, {2}})
	g.order()
	g.place([]box{{w: 30, h: 10}, {w: 90, h: 10}, {w: 50, h: 10}, {w: 20, h: 10}})
	for _, x := range g.x {
		if math.Abs(x-g.x[0]) > 1e-6 {
			t.Errorf("got x %v, want one line", g.x)
		}
	}
}

// elements parses a picture and counts its elements; the text is in the second result.
func elements(t *testing.T, svg []byte) (count map[string]int, text string) {
	t.Helper()
	count = map[string]int{}
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return count, text
		}
		if err != nil {
			t.Fatalf("not XML: %v\n%s", err, svg)
		}
		switch x := token.(type) {
		case xml.StartElement:
			count[x.Name.Local]++
		case xml.CharData:
			text += string(x) + "\n"
		}
	}
}

func TestAPictureHasItsNodesEdgesAndBars(t *testing.T) {
	var a, b bytes.Buffer
	if err := errors.Join(Draw(&a, "Asia", asia()), Draw(&b, "Asia", asia())); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two pictures of one network differ")
	}
	count, text := elements(t, a.Bytes())
	if count["path"] != 1+8+8 || count["rect"] != 1+8+2*16 || count["text"] != 1+8*(1+4) {
		t.Errorf("got %v, want 8 nodes, 8 edges and 16 bars", count)
	}
	for _, want := range []string{"Asia", "either", "yes", "62.5 %", "100.0 %"} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("%q is not in the picture", want)
		}
	}
	for _, kind := range []Kind{Seen, Set} {
		if !strings.Contains(a.String(), fills[kind][0]) {
			t.Errorf("kind %d has no colour of its own", kind)
		}
	}
}

func TestNamesOfAnyKindAreDrawn(t *testing.T) {
	long := strings.Repeat("a very long name ", 40)
	nodes := []Node{
		{Name: `<script>alert("&")</script>`, States: []string{"<0", "]]>"}, P: []float64{1e-5, 1 - 1e-5}},
		{Name: long, States: []string{"\x00\x1b", "\xff\xfe"}, P: []float64{0, 1}, Parents: []int{0}},
		{Name: "", Parents: []int{0, 1, 1}},
		{Name: "Größe 大きさ", States: []string{""}, P: []float64{1}},
	}
	for i := range 30 {
		nodes[2].States, nodes[2].P = append(nodes[2].States, fmt.Sprint("s", i)), append(nodes[2].P, float64(i)/435)
	}
	var out bytes.Buffer
	if err := Draw(&out, "a < b & c", nodes); err != nil {
		t.Fatal(err)
	}
	count, text := elements(t, out.Bytes())
	if count["script"] > 0 || strings.Contains(text, long) || !strings.Contains(text, "…") {
		t.Errorf("got %v: %s", count, text)
	}
	for _, want := range []string{"a < b & c", "<0.1 %", ">99.9 %", "and 23 more", "s29"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the picture:\n%s", want, text)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestWhatCannotBeDrawnIsAnError(t *testing.T) {
	for name, nodes := range map[string][]Node{
		"nothing":       nil,
		"too much":      make([]Node, MaxNodes+1),
		"a cycle":       {{Name: "a", Parents: []int{1}}, {Name: "b", Parents: []int{0}}},
		"its own":       {{Name: "a", Parents: []int{0}}},
		"no such node":  {{Name: "a", Parents: []int{7}}},
		"states":        {{Name: "a", States: []string{"x"}, P: []float64{.5, .5}}},
		"no number":     {{Name: "a", States: []string{"x"}, P: []float64{math.NaN()}}},
		"beyond 0 to 1": {{Name: "a", States: []string{"x"}, P: []float64{1.5}}},
	} {
		var out bytes.Buffer
		if err := Draw(&out, "", nodes); err == nil || !strings.HasPrefix(err.Error(), "plot: network: ") || out.Len() > 0 {
			t.Errorf("%s: got %v and %d bytes, want an error alone", name, err, out.Len())
		}
	}
	if err := Draw(full{}, "", asia()); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v, want the error of the writer", err)
	}
}
