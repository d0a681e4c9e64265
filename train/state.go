package train

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

// State is what a checkpoint holds besides arrays. Randomness is a pure function of seed
// and step, the data order of seed and epoch, and the schedules of the step, so these
// numbers resume all of them.
type State struct {
	Format      int            `json:"format"`               // of this structure
	Version     string         `json:"version"`              // of the program that wrote it
	Config      Config         `json:"config"`               // resolved
	Fingerprint string         `json:"fingerprint"`          // of the training rows
	Epoch       int            `json:"epoch"`                // epochs finished
	Position    int            `json:"position"`             // rows of the current epoch that were used
	Step        int64          `json:"step"`                 // steps done
	Started     int            `json:"started"`              // stages whose start is done
	Sums        Sums           `json:"sums"`                 // of the current epoch
	Best        *Best          `json:"best"`                 // nil before the first
	Stale       int            `json:"stale"`                // epochs since the best
	Stopped     bool           `json:"stopped"`              // early stopping has ended the run
	Skipped     int            `json:"skipped"`              // non-finite steps that were skipped
	Monitor     vi.Monitor     `json:"monitor"`              // streaks of alarms
	Aggressive  *vi.Aggressive `json:"aggressive,omitempty"` // turns of guide and others; nil: none
	Warnings    []vi.Warning   `json:"warnings"`             // that were raised so far
	MetricBytes int64          `json:"metric_bytes"`         // length of the history that belongs to this state
}

// Best is the epoch with the highest validation bound at β = 1.
type Best struct {
	Bound float64 `json:"bound"` // the ELBO or what training maximises, larger is better
	Epoch int     `json:"epoch"` // when
	Step  int64   `json:"step"`  // when
}

// Sums gathers the terms of an epoch's batches, weighted by their rows.
type Sums struct {
	Rows     int       `json:"rows"`      // rows used
	LogLik   float64   `json:"log_lik"`   // Σ ln p(x|z)
	KL       []float64 `json:"kl"`        // Σ KL_j
	GradNorm float64   `json:"grad_norm"` // Σ over steps
	Steps    int       `json:"steps"`     // steps of the epoch
	Loss     float64   `json:"loss"`      // Σ of what training minimises

	Figures map[string]Figure `json:"figures,omitempty"` // of what the model keeps, by name
}

// Figure gathers one of them; a batch too small for it has none.
type Figure struct {
	Sum  float64 `json:"sum"`  // Σ over rows
	Rows int     `json:"rows"` // rows that had it
}

// stateFormat is raised when State changes in a way that older programs cannot read.
const stateFormat = 1

// add adds the means of a batch.
func (s *Sums) add(rows int, t terms) {
	if s.KL == nil {
		s.KL = make([]float64, len(t.kl))
	}
	s.Rows += rows
	s.LogLik += t.logLik * float64(rows)
	for j, v := range t.kl {
		s.KL[j] += v * float64(rows)
	}
	for name, v := range t.figures {
		if s.Figures == nil {
			s.Figures = map[string]Figure{}
		}
		f := s.Figures[name]
		s.Figures[name] = Figure{f.Sum + v*float64(rows), f.Rows + rows}
	}
	s.Loss += t.loss * float64(rows)
	s.GradNorm += t.norm
	s.Steps++
}

// record returns the epoch's running means.
func (s *Sums) record(kind string, e vi.Estimator, beta float64) vi.Record {
	n := float64(max(1, s.Rows))
	r := vi.Record{Kind: kind, Reconstruction: s.LogLik / n, Samples: e.Draws(), Beta: beta, N: s.Rows, KLPerDim: make([]float64, len(s.KL))}
	for j, v := range s.KL {
		r.KLPerDim[j] = v / n
		r.KL += v / n
	}
	r.Bound = r.Reconstruction - r.KL
	if e.Objective != nil {
		r.Objective, r.ObjectiveBound = e.Objective.Kind(), -s.Loss/n
	}
	return r
}

// figures returns the epoch's means of what the model keeps.
func (s *Sums) figures() map[string]float64 {
	out := map[string]float64{}
	for name, f := range s.Figures {
		out[name] = f.Sum / float64(f.Rows)
	}
	return out
}

// maxState bounds the JSON of a state that is read.
const maxState = 8 << 20

// snapshot packs parameters and state into a checkpoint.
func snapshot(p *model.Params, st State) (ckpt.Checkpoint, error) {
	weights, rest, err := Tensors(p)
	if err != nil {
		return ckpt.Checkpoint{}, err
	}
	c := ckpt.Checkpoint{Step: st.Step, Model: weights, Optimizer: rest}
	c.State, err = json.Marshal(st)
	return c, err
}

// Tensors returns the weights, and the arrays that are not trained, such as the optimizer's
// moments.
func Tensors(p *model.Params) (weights, rest []ckpt.Tensor, err error) {
	arrays, err := p.Export()
	for _, a := range arrays {
		if a.Trainable {
			weights = append(weights, pack(a))
		} else {
			rest = append(rest, pack(a))
		}
	}
	return weights, rest, err
}

// restore unpacks a checkpoint into parameters and state. Without the optimizer's arrays
// the network can be used but not trained on. Other arrays that are not trained, such as running
// means, belong to the network.
func restore(c ckpt.Checkpoint, p *model.Params, optimizer bool) (State, error) {
	var st State
	if err := ckpt.DecodeStrict(c.State, &st, maxState); err != nil {
		return st, err
	}
	if st.Format != stateFormat {
		return st, fmt.Errorf("train: checkpoint: got format %d, want %d", st.Format, stateFormat)
	}
	var arrays []model.Array
	for _, t := range c.Model {
		a, err := unpack(t, true)
		if err != nil {
			return st, err
		}
		arrays = append(arrays, a)
	}
	for _, t := range c.Optimizer {
		if !optimizer && strings.HasPrefix(t.Name, "optimizer/") {
			continue
		}
		a, err := unpack(t, false)
		if err != nil {
			return st, err
		}
		arrays = append(arrays, a)
	}
	return st, p.Import(arrays)
}

// pack turns an array into a tensor of float32, the type that runs train in.
func pack(a model.Array) ckpt.Tensor {
	v := make([]float32, len(a.Data))
	for i, x := range a.Data {
		v[i] = float32(x)
	}
	return ckpt.FromFloat32s(a.Name, a.Dims, v)
}

// unpack turns a tensor of float32 or float64 into an array.
func unpack(t ckpt.Tensor, trainable bool) (model.Array, error) {
	a := model.Array{Name: t.Name, Trainable: trainable, Dims: t.Shape}
	if t.DType == "F64" {
		v, err := t.Float64s()
		a.Data = v
		return a, err
	}
	v, err := t.Float32s()
	if err != nil {
		return a, fmt.Errorf("train: checkpoint: %w", err)
	}
	a.Data = make([]float64, len(v))
	for i, x := range v {
		a.Data[i] = float64(x)
	}
	return a, nil
}
