package bnn

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/elbo-go/elbo/backend"
)

// fileFormat is the version of what [Net.Save] writes.
const fileFormat = 1

// file is a network as JSON.
type file struct {
	Format  int         `json:"format"`         // fileFormat
	Method  string      `json:"method"`         // one of Methods
	Head    string      `json:"head"`           // one of Heads
	Shape   []int       `json:"shape"`          // inputs, hidden widths, outputs
	Columns []scale     `json:"columns"`        // of x; none if it is taken as it is
	Target  scale       `json:"target"`         // of y
	Classes int         `json:"classes"`        // 0 for a regression
	Sigmas  []float64   `json:"sigmas"`         // σ of a homoscedastic head by draw
	Draws   [][]float32 `json:"draws"`          // weights and biases of the layers in turn, by draw
	Mode    []float32   `json:"mode,omitempty"` // that the network is linear about; of laplace-kfac
}

// Save writes the network as JSON, in the float32 that it predicts with: what [Load] reads
// predicts the same, bit for bit. It holds all draws, about 10 bytes a weight of each.
func (n *Net) Save(w io.Writer) error {
	f := file{
		Format: fileFormat, Method: n.c.Method, Head: n.c.Head, Shape: n.shape, Columns: n.columns,
		Target: n.target, Classes: n.classes, Sigmas: n.sigmas,
	}
	for _, d := range n.draws {
		f.Draws = append(f.Draws, d.narrow())
	}
	if linearized[n.c.Method] {
		f.Mode = n.mean.narrow()
	}
	if err := json.NewEncoder(w).Encode(f); err != nil {
		return fmt.Errorf("bnn: save: %w", err)
	}
	return nil
}

// narrow returns the weights as one slice of float32, and shape.wide reverses it.
func (w weights) narrow() []float32 {
	flat := w.flat()
	row := make([]float32, len(flat))
	for i, v := range flat {
		row[i] = float32(v)
	}
	return row
}

func (s shape) wide(row []float32) weights {
	flat := make([]float64, len(row))
	for i, v := range row {
		flat[i] = float64(v)
	}
	return s.unflat(flat)
}

// Load reads what [Net.Save] has written, for the default backend.
func Load(r io.Reader) (*Net, error) {
	var f file
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("bnn: load: %w", err)
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	n := &Net{
		c: Config{Method: f.Method, Head: f.Head}, shape: f.Shape, columns: f.Columns,
		target: f.Target, classes: f.Classes,
	}
	for i, row := range f.Draws {
		if err := n.add(n.shape.wide(row), f.Sigmas[i]); err != nil {
			return nil, err
		}
	}
	if linearized[f.Method] {
		n.mean = n.shape.wide(f.Mode)
	}
	b, err := backend.Open("")
	if err != nil {
		return nil, err
	}
	return n, n.prepare(b)
}

// check tells whether the parts of a file fit together.
func (f file) check() error {
	outputs := map[string]int{"homoscedastic": 1, "heteroscedastic": 2, "classes": f.Classes}
	bad := func(what string, got, want any) error {
		return fmt.Errorf("bnn: load: %s: got %v, want %v", what, got, want)
	}
	switch last := len(f.Shape) - 1; {
	case f.Format != fileFormat:
		return bad("format", f.Format, fileFormat)
	case !slices.Contains(Methods, f.Method):
		return bad("method", f.Method, Methods)
	case !slices.Contains(Heads, f.Head):
		return bad("head", f.Head, Heads)
	case last < 1 || slices.Min(f.Shape) < 1 || slices.Max(f.Shape) > 1<<24:
		return bad("shape", f.Shape, "two or more positive widths")
	case f.Head == "classes" && f.Classes < 2 || f.Head != "classes" && f.Classes != 0:
		return bad("classes", f.Classes, "two or more with head classes, else 0")
	case f.Shape[last] != outputs[f.Head]:
		return bad("outputs", f.Shape[last], outputs[f.Head])
	case len(f.Columns) != 0 && len(f.Columns) != f.Shape[0]:
		return bad("columns", len(f.Columns), f.Shape[0])
	case len(f.Draws) == 0 || len(f.Sigmas) != len(f.Draws):
		return bad("draws", fmt.Sprintf("%d with %d deviations", len(f.Draws), len(f.Sigmas)), "as many, and one at least")
	}
	count := int64(0)
	for l := range len(f.Shape) - 1 {
		count += (int64(f.Shape[l]) + 1) * int64(f.Shape[l+1])
	}
	mode := int64(0)
	if linearized[f.Method] {
		mode = count
	}
	if int64(len(f.Mode)) != mode {
		return bad("mode", len(f.Mode), fmt.Sprintf("%d weights", mode))
	}
	for i, row := range f.Draws {
		if int64(len(row)) != count {
			return bad(fmt.Sprintf("draw %d", i), len(row), fmt.Sprintf("%d weights", count))
		}
		if s := f.Sigmas[i]; math.IsNaN(s) || s < 0 || s == 0 && f.Head == "homoscedastic" {
			return bad(fmt.Sprintf("deviation %d", i), s, "a positive number")
		}
	}
	for _, s := range append([]scale{f.Target}, f.Columns...) {
		if !(s.SD > 0) {
			return bad("standardisation", s.SD, "a positive scale")
		}
	}
	return nil
}
