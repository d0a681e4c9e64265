package hmm

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"testing"
	"time"
)

// peerData are the rows and the model that bench/peers/hmmlearn_speed.py writes: K, D and T,
// then start, steps, means and variances, then the rows, all as little-endian float64.
func peerData(t *testing.T, file string) (build func() *Model, x []float64) {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]float64, len(raw)/8)
	if err := binary.Read(bytes.NewReader(raw), binary.LittleEndian, all); err != nil {
		t.Fatal(err)
	}
	k, d, n := int(all[0]), int(all[1]), int(all[2])
	all = all[3:]
	take := func(n int) []float64 {
		v := all[:n:n]
		all = all[n:]
		return v
	}
	start, trans, mean, cov := take(k), take(k*k), take(k*d), take(k*d)
	x = take(n * d)
	fresh := func(v []float64) []float64 { return append([]float64(nil), v...) }
	return func() *Model {
		return must(New(fresh(start), fresh(trans), must(NewGaussian(Diagonal, d, fresh(mean), fresh(cov)))(t)))(t)
	}, x
}

// TestAnswersThePeer is the other half of bench/peers/hmmlearn_speed.py: for each line of
// input that names a task it prints the seconds the task took and what it found.
func TestAnswersThePeer(t *testing.T) {
	file := os.Getenv("ELBO_HMM_PEER")
	if file == "" {
		t.Skip("ELBO_HMM_PEER names no file of the peer")
	}
	build, x := peerData(t, file)
	tasks := map[string]func(m *Model) float64{
		"fit": func(m *Model) float64 {
			return must(m.Fit(t.Context(), [][]float64{x}, Config{Sweeps: 10}))(t).Bound
		},
		"score":  func(m *Model) float64 { return must(m.LogLik(x))(t) },
		"smooth": func(m *Model) float64 { return must(m.Smooth(x))(t).Smoothed[0] },
		"decode": func(m *Model) float64 {
			_, logp, err := m.Viterbi(x)
			if err != nil {
				t.Fatal(err)
			}
			return logp
		},
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		task, ok := tasks[lines.Text()]
		if !ok {
			t.Fatalf("task: got %q", lines.Text())
		}
		m := build()
		begin := time.Now()
		v := task(m)
		fmt.Printf("peer %.9f %.17g\n", time.Since(begin).Seconds(), v)
	}
}
