package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/internal/catalog"
	"github.com/elbo-go/elbo/internal/option"
)

// Spec is a registered engine.
type Spec struct {
	Name     string // as on the command line
	Summary  string // one line
	Paper    string // "Author year"
	Sections string // sections of the specification
	Measured string // what a test or a benchmark measured
	Test     string // where: files of the tree, parted by ", "

	About    string // what the help of `elbo train NAME` says
	Examples string // command lines, one a line
	Data     string // what is learnt from where nothing is named
	DataHelp string // usage of --data

	// Objective names what the sweeps raise, in nats over all data; HeldOut names the figure of data
	// that are not fitted.
	Objective, HeldOut string
	// Sweep is the noun for a sweep.
	Sweep string
	// SaveEvery is the usual time between checkpoints in seconds; 0 is five.
	SaveEvery float64
	// Options are the settings of the engine.
	Options option.Set
	// Open reads the data of a config and sets the engine up on them.
	Open func(ctx context.Context, c Config) (*Task, error)
	// Load reads the model that a run has stored as JSON.
	Load func(text []byte) (Model, error)
}

// Task is an engine set up on its data.
type Task struct {
	// Facts tell what is about to be fitted, to what and how.
	Facts []Fact
	// Notes are remarks about the data.
	Notes []string
	// Fingerprint is the sha256 of everything that is learnt from.
	Fingerprint string
	// Train and Test count what is fitted and what is held out.
	Train, Test int
	// Fit fits the model, from a snapshot where there is one, and hands over every sweep. An error of
	// the step ends the fit.
	Fit func(ctx context.Context, from *Snapshot, step Step) (Model, error)
	// Judge measures a fitted model.
	Judge func(ctx context.Context, m Model) (Outcome, error)
	// Draw lists the pictures of a fitted model.
	Draw func(m Model, history []Record) ([]Picture, error)
}

// Fact is a named line of text.
type Fact struct {
	Name string // of at most ten letters
	Text string // one line
}

// Snapshot is where a fit stands.
type Snapshot struct {
	State  []byte               // JSON of what is no array
	Arrays map[string][]float64 // the rest, by name
}

// Step takes the record of a sweep, and a snapshot if it asks for one.
type Step func(r Record, take func() (Snapshot, error)) error

// Record is one line of the history.
type Record struct {
	Phase   string             `json:"phase,omitempty"`    // such as "start 2": in a new one the bound begins anew
	Sweep   int                `json:"sweep"`              // within the phase, from 1
	Sweeps  int                `json:"sweeps"`             // most of the phase
	Bound   *float64           `json:"bound,omitempty"`    // the objective, nats over all data; larger is better
	HeldOut *float64           `json:"held_out,omitempty"` // of data that are not fitted
	Figures map[string]float64 `json:"figures,omitempty"`  // further ones of the engine
	Seconds float64            `json:"seconds"`            // of fitting, all calls of the program together
}

// Outcome is what is known of a fitted model.
type Outcome struct {
	Verdict  string    `json:"verdict"`            // what came of it, in a line
	Figures  []Figure  `json:"figures"`            // most important first
	Warnings []Warning `json:"warnings,omitempty"` // what to know before trusting them
}

// Figure is a named number.
type Figure struct {
	Name  string  `json:"name"`  // what was measured
	Value float64 `json:"value"` // finite
	Unit  string  `json:"unit"`  // "" where it is a count
	Text  string  `json:"text"`  // how it was measured, or what to compare it with
}

// Warning is a finding with a way out.
type Warning struct {
	Name   string `json:"name"`   // in a few words
	Text   string `json:"text"`   // explains it
	Remedy string `json:"remedy"` // what to do
}

var registry = map[string]Spec{}

// Register adds an engine, also to the catalogue. One that is there already, or that lacks a fact,
// is a mistake in the program.
func Register(s Spec) {
	if _, ok := registry[s.Name]; ok {
		panic(fmt.Sprintf("engine: %s: registered twice", s.Name))
	}
	for _, o := range s.Options {
		if err := o.Check(o.Default); err != nil && o.Default != "" {
			panic(fmt.Sprintf("engine: %s: default: %v", s.Name, err))
		}
	}
	if s.Open == nil || s.Load == nil || s.Data == "" || s.Objective == "" || s.Sweep == "" {
		panic(fmt.Sprintf("engine: %s: got %+v, want Open, Load, Data, Objective and Sweep", s.Name, s))
	}
	registry[s.Name] = s
	catalog.Add(catalog.Entry{Group: catalog.Conjugate, Name: s.Name, Summary: s.Summary, Paper: s.Paper, Sections: s.Sections,
		Measured: s.Measured, Test: s.Test, Command: "elbo train " + s.Name})
}

// Lookup returns an engine by its name.
func Lookup(name string) (Spec, bool) {
	s, ok := registry[name]
	return s, ok
}

// Specs lists the engines by name.
func Specs() (out []Spec) {
	for _, s := range registry {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Spec) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// Names lists the names of the engines.
func Names() (out []string) {
	for _, s := range Specs() {
		out = append(out, s.Name)
	}
	return out
}
