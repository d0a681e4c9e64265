package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/train/supervised"
)

// forecasts are predictions with how they are to be written.
type forecasts struct {
	from     *elbo.Predictor
	list     []bnn.Prediction
	level    float64 // of intervals
	scale    float64 // of conformal intervals; 0 takes those of the predictions
	tempered bool    // probabilities at the run's temperature
}

// names names the values of a row; of classes the first is the number of the class.
func (f forecasts) names() []string {
	classes := f.from.Classes()
	if len(classes) == 0 {
		return []string{"mean", "sd", "epistemic", "aleatoric", "lower", "upper"}
	}
	out := []string{"class"}
	for _, c := range classes {
		out = append(out, "p_"+c)
	}
	return append(out, "entropy", "mutual_information")
}

// values are those of a row.
func (f forecasts) values(p bnn.Prediction) []float64 {
	if p.Probs == nil {
		lo, hi := p.Interval(f.level)
		if f.scale > 0 {
			lo, hi = supervised.Interval(p, f.scale)
		}
		return []float64{p.Mean, p.SD, p.Epistemic, p.Aleatoric, lo, hi}
	}
	probs := p.Probs
	if f.tempered {
		probs = f.from.Calibrated(p)
	}
	return append(append([]float64{p.Mean}, probs...), p.SD, p.Epistemic)
}

// writeFile writes the file that the extension of the path names, whole or not at all.
func (f forecasts) writeFile(path string) error {
	ext := strings.ToLower(filepath.Ext(path))
	if ext == ".npy" {
		s := &data.Set{Shape: []int{len(f.names())}}
		for _, p := range f.list {
			for _, v := range f.values(p) {
				s.X = append(s.X, float32(v))
			}
		}
		return data.WriteFile(path, s)
	}
	if err := atomicfile.WriteFile(path, func(w io.Writer) error { return f.print(w, ext) }); err != nil {
		return fmt.Errorf("predict: %w", err)
	}
	return nil
}

// print writes a line a row, as .csv or .jsonl.
func (f forecasts) print(w io.Writer, ext string) error {
	b := bufio.NewWriter(w)
	write := f.csv
	if ext == ".jsonl" {
		write = f.jsonl
	}
	if err := write(b); err != nil {
		return err
	}
	return b.Flush()
}

// csv writes a header and a record a row; a class is written by its name.
func (f forecasts) csv(w io.Writer) error {
	c, classes := csv.NewWriter(w), f.from.Classes()
	if err := c.Write(f.names()); err != nil {
		return err
	}
	for _, p := range f.list {
		var record []string
		for i, v := range f.values(p) {
			cell := strconv.FormatFloat(v, 'g', 9, 64)
			if i == 0 && len(classes) > 0 {
				cell = classes[int(v)]
			}
			record = append(record, cell)
		}
		if err := c.Write(record); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// jsonl writes an object a row.
func (f forecasts) jsonl(w io.Writer) error {
	type number struct {
		Mean      float64 `json:"mean"`
		SD        float64 `json:"sd"`
		Epistemic float64 `json:"epistemic"`
		Aleatoric float64 `json:"aleatoric"`
		Lower     float64 `json:"lower"`
		Upper     float64 `json:"upper"`
	}
	type class struct {
		Class       string             `json:"class"`
		Probs       map[string]float64 `json:"probs"`
		Entropy     float64            `json:"entropy"`
		Information float64            `json:"mutual_information"`
	}
	e, classes := json.NewEncoder(w), f.from.Classes()
	e.SetEscapeHTML(false)
	for _, p := range f.list {
		v := f.values(p)
		var line any
		if len(classes) == 0 {
			line = number{v[0], v[1], v[2], v[3], v[4], v[5]}
		} else {
			probs := map[string]float64{}
			for k, name := range classes {
				probs[name] = v[1+k]
			}
			line = class{classes[int(v[0])], probs, p.SD, p.Epistemic}
		}
		if err := e.Encode(line); err != nil {
			return err
		}
	}
	return nil
}
