package bnn

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
)

// saved returns what a network writes.
func saved(t *testing.T, n *Net) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := n.Save(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestALoadedNetworkPredictsTheSame(t *testing.T) {
	x, y := waves(60, 1)
	cx, cy := blobs(60, 3, .3, 1)
	for _, c := range []Config{{}, {Head: "heteroscedastic"}, {Method: "sgld"}, {Raw: true, Hidden: []int{4, 3}}, {Head: "classes"}} {
		rows, targets := x, y
		if c.Head == "classes" {
			rows, targets = cx, cy
		}
		c.Epochs, c.Draws = 40, 5
		n := fit(t, rows, targets, c)
		m, err := Load(bytes.NewReader(saved(t, n)))
		if err != nil {
			t.Fatal(err)
		}
		if m.Noise() != n.Noise() || m.Weights() != n.Weights() || m.Draws() != n.Draws() || m.Classes() != n.Classes() {
			t.Errorf("got %d weights and %d draws, want %d and %d", m.Weights(), m.Draws(), n.Weights(), n.Draws())
		}
		a, b := predict(t, n, rows), predict(t, m, rows)
		for i := range a {
			if a[i].Mean != b[i].Mean || a[i].SD != b[i].SD || a[i].LogProb(targets[i]) != b[i].LogProb(targets[i]) {
				t.Fatalf("%+v: row %d: got %v, want %v", c, i, b[i].Mean, a[i].Mean)
			}
		}
		if again := saved(t, m); !bytes.Equal(again, saved(t, n)) {
			t.Errorf("%+v: a loaded network writes another file", c)
		}
	}
}

// Files that do not fit together are errors that say where; none may panic.
func TestDamagedFilesAreErrors(t *testing.T) {
	x, y := waves(20, 1)
	good := saved(t, fit(t, x, y, Config{Epochs: 5, Draws: 2, Hidden: []int{3}}))
	for _, c := range []struct {
		field string
		value any
		say   string
	}{
		{"format", 2, "format: got 2, want 1"}, {"method", "mcmc", "method"}, {"head", "poisson", "head"},
		{"shape", []int{1}, "shape"}, {"shape", []int{1, 0, 1}, "shape"}, {"shape", []int{1, 3, 2}, "outputs: got 2, want 1"},
		{"shape", []int{1, 4, 1}, "draw 0: got 10, want 13 weights"}, {"shape", []int{1 << 24, 1 << 24, 1}, "columns"},
		{"classes", 3, "classes"}, {"columns", []scale{{0, 1}, {0, 1}}, "columns: got 2, want 1"},
		{"columns", []scale{{0, 0}}, "standardisation"}, {"target", scale{0, -1}, "standardisation"},
		{"draws", [][]float64{}, "draws"}, {"sigmas", []float64{1}, "2 with 1 deviations"}, {"sigmas", []float64{1, 0}, "deviation 1"},
	} {
		var f map[string]any
		if err := json.Unmarshal(good, &f); err != nil {
			t.Fatal(err)
		}
		f[c.field] = c.value
		bad, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Load(bytes.NewReader(bad))
		if err == nil {
			t.Errorf("%s %v: got no error", c.field, c.value)
			continue
		}
		refused(t, err, c.say)
	}
	for _, text := range []string{"", "{", "[]", `{"format":1,"other":2}`, strings.Replace(string(good), `"draws":[[`, `"draws":[[1e99,`, 1)} {
		if _, err := Load(strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), "bnn: load: ") {
			t.Errorf("%.20q: got %v, want an error of bnn: load", text, err)
		}
	}
}

func TestEveryCutOfAFileIsAnError(t *testing.T) {
	x, y := waves(20, 1)
	good := saved(t, fit(t, x, y, Config{Epochs: 5, Draws: 1, Hidden: []int{2}}))
	whole := len(bytes.TrimSpace(good))
	for n := range whole {
		if _, err := Load(bytes.NewReader(good[:n])); err == nil {
			t.Fatalf("%d of %d bytes: got no error", n, whole)
		}
	}
}

// full refuses to be written to.
type full struct{ io.Writer }

func (full) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestAFullDiskIsAnError(t *testing.T) {
	x, y := waves(20, 1)
	err := fit(t, x, y, Config{Epochs: 5, Draws: 1}).Save(full{})
	if err == nil || err.Error() != "bnn: save: no space" {
		t.Errorf("got %v", err)
	}
}
