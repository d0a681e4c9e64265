package grid

import (
	"encoding/binary"
	"io"
	"math"
	"math/rand/v2"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// After many sweeps every q_i is the best for its neighbours: the fixed point of mean field.
func TestManySweepsEndAtAFixedPoint(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	m, x := random(r, 3, 1, 5, 4, 1, .4)
	m.Sweeps = 500
	l := m.lattice(x)
	q := l.infer()
	a, best := make([]float64, 3), make([]float64, 3)
	for i := range x.Pixels() {
		l.hear(a, q, i)
		softmax(best, a)
		for k, want := range best {
			tk.Close(t, "q", q[i*3+k], want, 1e-12)
		}
	}
}

// An image and its transpose, with the directions exchanged, are the same field.
func TestDirectionsAreAlike(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	m, x := random(r, 2, 2, 3, 5, .9, 1)
	m.Sweeps = 300 // the chessboard of a transpose is the same, for (0, 0) stays where it is
	flat := Image{x.Width, x.Height, make([]float64, len(x.Features))}
	for row := range x.Height {
		for col := range x.Width {
			copy(flat.Features[(col*x.Height+row)*2:], x.Features[(row*x.Width+col)*2:][:2])
		}
	}
	w := append([]float64(nil), m.Weights[:m.unaries()]...)
	for _, contrast := range []bool{false, true} {
		for _, d := range []int{1, 0} {
			at := m.pair(d, contrast)
			w = append(w, m.Weights[at:at+4]...)
		}
	}
	want, err := m.Infer(x)
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.with(w).Infer(flat)
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "bound", got.Bound, want.Bound, 1e-12)
	for row := range x.Height {
		for col := range x.Width {
			tk.Close(t, "marginal", got.Node[(col*x.Height+row)*2], want.Node[(row*x.Width+col)*2], 1e-12)
		}
	}
}

// The 4×4 Ising grid with coupling .4 and field .1 as a field of pixels: its mean field is that of the
// spins, ln Z ≥ 12.8085485.
func TestTheIsingGridHasItsMeanField(t *testing.T) {
	const coupling, field = .4, .1
	m := &Model{Labels: 2, Sweeps: 1000, Weights: []float64{field, -field,
		coupling, -coupling, -coupling, coupling, coupling, -coupling, -coupling, coupling}}
	q, err := m.Infer(Image{Height: 4, Width: 4})
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "bound", q.Bound, 12.8085485, 4e-9) // half a unit of the last printed digit
	for i := range 16 {
		tk.Close(t, "sum", q.Node[2*i]+q.Node[2*i+1], 1, 1e-14)
	}
}

func TestEqualMarginalsGiveTheLowestLabel(t *testing.T) {
	m := &Model{Labels: 3, Sweeps: 1}
	m.Weights = make([]float64, m.size())
	got, err := m.Predict(Image{Height: 2, Width: 2})
	if err != nil {
		t.Fatal(err)
	}
	for i, y := range got {
		if y != 0 {
			t.Errorf("pixel %d: got label %d, want 0", i, y)
		}
	}
}

func TestWideScoresStayFinite(t *testing.T) {
	m := &Model{Labels: 2, Features: 1, Sweeps: 5}
	m.Weights = make([]float64, m.size())
	m.Weights[0], m.Weights[2] = 1e5, -1e5
	m.Weights[m.pair(0, false)] = 1e6
	x := Image{1, 3, []float64{1, -1, 1}}
	q, err := m.Infer(x)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range append(q.Node, q.Bound) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Fatalf("got %+v", q)
		}
	}
	grad := make([]float64, m.size())
	if loss := m.loss([]Example{{x, []int{1, 0, 1}}}, Default(), grad); math.IsNaN(loss) || math.IsInf(loss, 0) {
		t.Errorf("got loss %v", loss)
	}
}

// digits reads the first images of MNIST; a pixel is 1 where it is over half.
func digits(t *testing.T, from, n int) (out []Example) {
	t.Helper()
	f := tk.DataFile(t, "mnist", "train-images-idx3-ubyte.gz")
	var head [4]uint32
	if err := binary.Read(f, binary.BigEndian, &head); err != nil {
		t.Fatal(err)
	}
	pixels := make([]byte, 784*(from+n))
	if _, err := io.ReadFull(f, pixels); err != nil {
		t.Fatal(err)
	}
	for i := from; i < from+n; i++ {
		e := Example{Image{28, 28, make([]float64, 784)}, make([]int, 784)}
		for k, v := range pixels[i*784 : (i+1)*784] {
			e.Labels[k] = int(v) / 128
		}
		out = append(out, e)
	}
	return out
}

// flipped sets the features of each pixel to its label, or with a chance to the other.
func flipped(data []Example, chance float64, seed uint64) []Example {
	r := rand.New(rand.NewPCG(seed, 17))
	for _, e := range data {
		for k, y := range e.Labels {
			if e.Features[k] = float64(y); r.Float64() < chance {
				e.Features[k] = 1 - e.Features[k]
			}
		}
	}
	return data
}

// Digits of which a tenth of the pixels was turned over: the pixels alone say what they show, a field
// has fewer than half of their errors. Measured on other digits than those of training: 2.0 % where 9.9 % were turned.
func TestTurnedPixelsOfDigitsAreMended(t *testing.T) {
	train, test := flipped(digits(t, 0, 60), .1, 1), flipped(digits(t, 60, 60), .1, 2)
	m, err := Fit(t.Context(), train, Default())
	if err != nil {
		t.Fatal(err)
	}
	before, after := 0., wrong(t, m, test)
	for _, e := range test {
		for k, y := range e.Labels {
			before += math.Abs(e.Features[k]-float64(y)) / float64(len(test)*len(e.Labels))
		}
	}
	t.Logf("wrong pixels: %.4f before, %.4f after", before, after)
	if after > before/2 {
		t.Errorf("got %v wrong of %v, want less than half", after, before)
	}
}
