package field

import (
	"io"
	"math"
	"os"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// digits are the first rows of a file of binarized MNIST.
func digits(t testing.TB, part string, most int) []float64 {
	t.Helper()
	text, err := io.ReadAll(tk.DataFile(t, "binarized-mnist", "binarized_mnist_"+part+"-images-idx3-ubyte.gz"))
	if err != nil {
		t.Fatal(err)
	}
	text = text[16:]
	text = text[:min(len(text), most*784)]
	rows := make([]float64, len(text))
	for i, b := range text {
		if b > 0 {
			rows[i] = 1
		}
	}
	return rows
}

// A machine of few hidden units on digits, whose exact ln Z annealing has to find: ELBO_PAPER
// trains 20 units on all digits.
func TestDigitsHaveALikelihood(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	c, count, steps, runs := DefaultTraining(), 5000, 1000, 100
	c.Hidden, c.Epochs = 10, 10
	if os.Getenv("ELBO_PAPER") != "" {
		c.Hidden, c.Epochs, count, steps, runs = 20, 20, 50000, 10000, 400
	}
	rows, test := digits(t, "train", count), digits(t, "test", count)
	tr, err := NewTrainer(rows, 784, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Train(t.Context(), rows, func(epoch int, off float64) { t.Logf("epoch %d: reconstruction %.2f", epoch, off) }); err != nil {
		t.Fatal(err)
	}
	z, err := tr.Machine.LogZ(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a, err := tr.Machine.Anneal(t.Context(), Annealing{Runs: runs, Steps: steps, Base: BaseRates(rows, 784), Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	l, err := tr.Machine.LogLik(test, z)
	if err != nil {
		t.Fatal(err)
	}
	base := &RBM{Visible: 784, Hidden: 1, W: make([]float64, 784), B: BaseRates(rows, 784), C: []float64{0}}
	zb, err := base.LogZ(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lb, err := base.LogLik(test, zb)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d hidden units: ln Z %.3f, annealed %.3f ± %.3f; test %.2f nats an image, %.2f by independent pixels", c.Hidden, z, a.LogZ, a.StdErr, l, lb)
	if math.Abs(a.LogZ-z) > .05 && math.Abs(a.LogZ-z) > 4*a.StdErr || a.StdErr > .2 {
		t.Errorf("got ln Z %.3f ± %.3f by annealing, want %.3f", a.LogZ, a.StdErr, z)
	}
	if l < lb+20 {
		t.Errorf("got %.2f nats an image, want well above %.2f", l, lb)
	}
}

func BenchmarkEpoch(b *testing.B) {
	rows := digits(b, "train", 2000)
	c := DefaultTraining()
	c.Hidden, c.Epochs = 100, 1<<30
	tr, err := NewTrainer(rows, 784, c)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := tr.epoch(b.Context(), rows); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/20, "µs/step")
}
