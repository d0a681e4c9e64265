package linear

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/train/engine"
	"github.com/elbo-go/elbo/train/engine/tables"
)

// problem is inputs and targets: standardised, or 0 and 1 for two classes.
type problem struct {
	*tables.Set
	target  data.Column // its standardisation; of classes the name alone
	y, held []float64   // of the rows that are fitted, and of those held out
}

// The tables that are drawn.
const (
	lines  = "lines"
	halves = "halves"
)

// drawn is the table of a kind.
func drawn(classes bool) string {
	if classes {
		return halves
	}
	return lines
}

// problem reads the table of a config and parts the target from the other columns.
func (k kind) problem(ctx context.Context, c engine.Config) (*problem, error) {
	r := tables.Request{Config: c, Drawn: drawn(k.classes), Draw: func() *data.Table { return draw(500, k.classes, rng.New(drawSeed)) }}
	target := c.Text("target")
	if k.classes && c.Data != r.Drawn {
		if target == "" {
			return nil, &engine.SettingError{Err: fmt.Errorf("%s: --target: got none, want the column of the classes", k.Name)}
		}
		r.Label = target
	}
	s, err := tables.Read(ctx, r)
	if err != nil {
		return nil, err
	}
	p := &problem{Set: s, target: data.Column{Name: target, Scale: 1}}
	if k.classes {
		if p.target.Name == "" {
			p.target.Name = "half"
		}
		return p, p.halve()
	}
	return p, p.part(target)
}

// halve takes the labels as targets; rows without one are left out.
func (p *problem) halve() error {
	if len(p.Classes) != 2 {
		return &engine.SettingError{Err: fmt.Errorf("--target: %s has %d different values, want two classes", p.target.Name, len(p.Classes))}
	}
	for _, part := range []struct {
		x      *tables.Data
		labels []int
		y      *[]float64
	}{{&p.Train, p.Labels, &p.y}, {&p.Test, p.TestLabels, &p.held}} {
		x := tables.Data{D: part.x.D}
		for i, l := range part.labels {
			if l >= 0 {
				x.X, *part.y = append(x.X, part.x.Row(i)...), append(*part.y, float64(l))
			}
		}
		*part.x = x
	}
	if p.Train.N() < 2 {
		return fmt.Errorf("%s: got %d rows with a class to fit, want at least 2", p.Name, p.Train.N())
	}
	return nil
}

// part takes the target out of the columns.
func (p *problem) part(name string) error {
	at := len(p.Columns) - 1
	if name != "" {
		at = slices.IndexFunc(p.Columns, func(c data.Column) bool { return c.Name == name })
	}
	if at < 0 {
		return &engine.SettingError{Err: fmt.Errorf("--target: got %s, want a column of numbers that vary, one of %v", name, tables.Names(p.Columns))}
	}
	if len(p.Columns) < 2 {
		return fmt.Errorf("linreg: %s: got one column that varies, want one beside the target", p.Name)
	}
	p.target = p.Columns[at]
	p.Columns = slices.Delete(slices.Clone(p.Columns), at, at+1)
	for _, part := range []struct {
		x *tables.Data
		y *[]float64
	}{{&p.Train, &p.y}, {&p.Test, &p.held}} {
		x := tables.Data{D: part.x.D - 1}
		for i := range part.x.N() {
			row := part.x.Row(i)
			*part.y = append(*part.y, row[at])
			x.X = append(append(x.X, row[:at]...), row[at+1:]...)
		}
		*part.x = x
	}
	return nil
}

// about describes the target.
func (p *problem) about() string {
	if len(p.Classes) != 2 {
		return p.target.Name
	}
	ones := 0.
	for _, y := range p.y {
		ones += y
	}
	return fmt.Sprintf("%s: %s of %.0f rows, %s of %.0f", p.target.Name, p.Classes[0], float64(len(p.y))-ones, p.Classes[1], ones)
}

// fingerprint is the sha256 of inputs and targets.
func (p *problem) fingerprint() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %q %q %v %v", p.Fingerprint(), p.target.Name, p.Classes, p.y, p.held)
	return hex.EncodeToString(h.Sum(nil))
}

const drawSeed = 0x11e5

// draw draws n rows of six columns, of which three tell of the target: y = 2a − b + ½c + noise, or the
// class whether that is over nought.
func draw(n int, classes bool, key rng.Key) *data.Table {
	t := &data.Table{Name: drawn(classes), Columns: []string{"a", "b", "c", "d", "e", "f"}}
	if classes {
		t.Classes = []string{"below", "above"}
	} else {
		t.Columns = append(t.Columns, "y")
	}
	r := key.Rand()
	for range n {
		row := make([]float64, 6)
		for j := range row {
			row[j] = round(r.NormFloat64())
		}
		y := 2*row[0] - row[1] + .5*row[2] + r.NormFloat64()
		t.X = append(t.X, row...)
		if !classes {
			t.X = append(t.X, round(y))
			continue
		}
		label := int32(0)
		if y > 0 {
			label = 1
		}
		t.Labels = append(t.Labels, label)
	}
	return t
}

// round makes numbers of few digits, the same on every processor.
func round(x float64) float64 { return math.Round(1000*x) / 1000 }
