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
	"strconv"
	"strings"
	"testing"
)

// shape is an element of a picture with its numbers.
type shape struct {
	name string
	at   map[string]string
}

func (s shape) number(t *testing.T, name string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(s.at[name], 64)
	if err != nil {
		t.Fatalf("%s of %v: %v", name, s, err)
	}
	return x
}

// shapes are the elements of a picture in order.
func shapes(t *testing.T, svg []byte) (all []shape) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if x, ok := token.(xml.StartElement); ok {
			s := shape{x.Name.Local, map[string]string{}}
			for _, a := range x.Attr {
				s.at[a.Name.Local] = a.Value
			}
			all = append(all, s)
		}
	}
}

// rectangle is a node of a picture.
type rectangle struct{ x, y, w, h float64 }

// holds reports whether a point lies inside by more than a pixel.
func (r rectangle) holds(x, y float64) bool {
	return x > r.x+1 && x < r.x+r.w-1 && y > r.y+1 && y < r.y+r.h-1
}

// rectangles are the nodes of a picture, which alone have round corners.
func rectangles(t *testing.T, all []shape) (out []rectangle) {
	t.Helper()
	for _, s := range all {
		if s.name == "rect" && s.at["rx"] != "" {
			out = append(out, rectangle{s.number(t, "x"), s.number(t, "y"), s.number(t, "width"), s.number(t, "height")})
		}
	}
	return out
}

// trace are points of a path of the commands M, V and C, in absolute coordinates.
func trace(t *testing.T, d string) (points [][2]float64) {
	t.Helper()
	var x, y float64
	for d != "" {
		end := strings.IndexAny(d[1:], "MVC")
		if end < 0 {
			end = len(d) - 1
		}
		var n []float64
		for _, f := range strings.Fields(d[1 : end+1]) {
			v, err := strconv.ParseFloat(f, 64)
			if err != nil {
				t.Fatal(err)
			}
			n = append(n, v)
		}
		const steps = 40
		switch d[0] {
		case 'M':
			x, y = n[0], n[1]
			points = append(points, [2]float64{x, y})
		case 'V':
			for i := 1; i <= steps; i++ {
				points = append(points, [2]float64{x, y + (n[0]-y)*float64(i)/steps})
			}
			y = n[0]
		case 'C': // Bézier's cubic curve
			for i := 1; i <= steps; i++ {
				s := float64(i) / steps
				a, b, c, e := (1-s)*(1-s)*(1-s), 3*(1-s)*(1-s)*s, 3*(1-s)*s*s, s*s*s
				points = append(points, [2]float64{a*x + b*n[0] + c*n[2] + e*n[4], a*y + b*n[1] + c*n[3] + e*n[5]})
			}
			x, y = n[4], n[5]
		}
		d = d[end+1:]
	}
	return points
}

// named is a network of random graphs with names and states of several lengths.
func named(r *rand.Rand, n, edges int) []Node {
	nodes := make([]Node, n)
	for i, ps := range random(r, n, edges) {
		nodes[i] = Node{Name: strings.Repeat("n", 1+r.IntN(12)) + strconv.Itoa(i), Parents: ps}
		for s := range 1 + r.IntN(5) {
			nodes[i].States = append(nodes[i].States, strings.Repeat("s", 1+r.IntN(9))+strconv.Itoa(s))
		}
		if r.IntN(5) > 0 {
			nodes[i].P = make([]float64, len(nodes[i].States))
			nodes[i].P[0] = 1
		}
	}
	return nodes
}

// Nodes do not overlap and lie inside the picture; an edge begins under its parent, ends above its
// child, and passes through no node.
func TestEdgesPassThroughNoNode(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 1))
	for range 40 {
		nodes := named(r, 2+r.IntN(20), r.IntN(60))
		var out bytes.Buffer
		if err := Draw(&out, "title", nodes); err != nil {
			t.Fatal(err)
		}
		all := shapes(t, out.Bytes())
		w, h := all[0].number(t, "width"), all[0].number(t, "height")
		boxes := rectangles(t, all)
		if len(boxes) != len(nodes) {
			t.Fatalf("got %d nodes, want %d", len(boxes), len(nodes))
		}
		for i, b := range boxes {
			if b.x < 0 || b.y < titleRoom || b.x+b.w > w+1 || b.y+b.h > h+1 {
				t.Errorf("node %d: %v is not inside %g×%g", i, b, w, h)
			}
			for _, c := range boxes[:i] {
				if b.x < c.x+c.w && c.x < b.x+b.w && b.y < c.y+c.h && c.y < b.y+b.h {
					t.Errorf("nodes overlap: %v, %v", b, c)
				}
			}
		}
		checkEdges(t, all, nodes, boxes)
	}
}

func checkEdges(t *testing.T, all []shape, nodes []Node, boxes []rectangle) {
	t.Helper()
	edges := slices.DeleteFunc(slices.Clone(all), func(s shape) bool { return s.at["marker-end"] == "" })
	k := 0
	for v, n := range nodes {
		for _, p := range n.Parents {
			points := trace(t, edges[k].at["d"])
			k++
			from, to := points[0], points[len(points)-1]
			if math.Abs(from[0]-boxes[p].x-boxes[p].w/2) > .2 || math.Abs(from[1]-boxes[p].y-boxes[p].h) > .2 {
				t.Errorf("edge %d→%d: begins at %v, want under %v", p, v, from, boxes[p])
			}
			if math.Abs(to[0]-boxes[v].x-boxes[v].w/2) > .2 || math.Abs(to[1]-boxes[v].y) > .2 {
				t.Errorf("edge %d→%d: ends at %v, want above %v", p, v, to, boxes[v])
			}
			for i, at := range points {
				if i > 0 && at[1] < points[i-1][1]-1e-9 {
					t.Errorf("edge %d→%d goes up at %v", p, v, at)
				}
				for j, b := range boxes {
					if b.holds(at[0], at[1]) {
						t.Errorf("edge %d→%d passes through node %d at %v", p, v, j, at)
					}
				}
			}
		}
	}
	if k != len(edges) {
		t.Errorf("got %d edges, want %d", len(edges), k)
	}
}

func TestBarsAreAsLongAsTheirProbabilities(t *testing.T) {
	p := []float64{0, .125, .5, .375}
	var out bytes.Buffer
	if err := Draw(&out, "", []Node{{Name: "x", States: []string{"a", "b", "c", "d"}, P: p}}); err != nil {
		t.Fatal(err)
	}
	var bars []float64
	for _, s := range shapes(t, out.Bytes()) {
		if s.name == "rect" && s.at["fill"] == fills[Free][1] {
			bars = append(bars, s.number(t, "width"))
		}
	}
	for i, x := range p {
		if math.Abs(bars[i]-x*barWidth) > .01 {
			t.Errorf("state %d: got a bar of %g, want %g", i, bars[i], x*barWidth)
		}
	}
}

func TestTextStaysInsideItsNode(t *testing.T) {
	r := rand.New(rand.NewPCG(22, 1))
	for range 100 {
		n := Node{Name: strings.Repeat("Wm", 1+r.IntN(40))}
		for range 1 + r.IntN(20) {
			n.States, n.P = append(n.States, strings.Repeat("Q", 1+r.IntN(60))), append(n.P, r.Float64())
		}
		b := newBox(n)
		if got := textWidth(b.name, nameSize, true); got > b.w-2*padding || got > mostText {
			t.Errorf("name: got %g in %g", got, b.w)
		}
		for _, x := range b.rows {
			if got := textWidth(x.state, stateSize, false); got > b.states || got+barWidth+textWidth("100.0 %", stateSize, false)+2*padding > b.w {
				t.Errorf("state: got %g in %g", got, b.w)
			}
		}
		if len(b.rows)+b.more != len(n.States) || len(b.rows) > mostRows {
			t.Errorf("got %d rows and %d more of %d states", len(b.rows), b.more, len(n.States))
		}
	}
}

// least is the smallest number of crossings of two layers over all orders of both.
func least(g *layered) int {
	best := math.MaxInt
	var permute func(k, i int)
	permute = func(k, i int) {
		if k == len(g.layers) {
			best = min(best, g.crossings())
			return
		}
		l := g.layers[k]
		if i == len(l) {
			permute(k+1, 0)
			return
		}
		for j := i; j < len(l); j++ {
			l[i], l[j] = l[j], l[i]
			permute(k, i+1)
			l[i], l[j] = l[j], l[i]
		}
	}
	permute(0, 0)
	return best
}

// On graphs small enough for every order to be tried, most have the fewest crossings there are, and
// none has two more.
func TestOrdersAreNearTheBestThereIs(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 1))
	const trials = 60
	optimal := 0
	for range trials {
		n := 6 + r.IntN(3)
		parents := make([][]int, n)
		for v := n / 2; v < n; v++ {
			for p := range n / 2 {
				if r.IntN(2) == 0 {
					parents[v] = append(parents[v], p)
				}
			}
		}
		g := newLayered(parents)
		g.order()
		got := g.crossings()
		want := least(g)
		if got == want {
			optimal++
		}
		if got > want+1 {
			t.Errorf("%v: got %d crossings, want %d", parents, got, want)
		}
	}
	if t.Logf("%d of %d have the fewest crossings", optimal, trials); optimal < trials*9/10 {
		t.Errorf("got the fewest crossings %d times of %d, want 9 of 10", optimal, trials)
	}
}

// A parent stands over the middle of its children, and of theirs.
func TestATreeIsSymmetric(t *testing.T) {
	parents := [][]int{nil, {0}, {0}, {1}, {1}, {2}, {2}}
	boxes := slices.Repeat([]box{{w: 50, h: 20}}, len(parents))
	g := newLayered(parents)
	g.order()
	g.place(boxes)
	for _, family := range [][3]int{{0, 1, 2}, {1, 3, 4}, {2, 5, 6}} {
		if mean := (g.x[family[1]] + g.x[family[2]]) / 2; math.Abs(g.x[family[0]]-mean) > 1 {
			t.Errorf("node %d: got x %g, want %g", family[0], g.x[family[0]], mean)
		}
	}
	if fmt.Sprint(g.layer) != "[0 1 1 2 2 2 2]" {
		t.Errorf("got layers %v", g.layer)
	}
}
