package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Config is everything that decides the result of a run. Two runs of one binary with equal configs
// and equal data have equal models, bit for bit, whatever the number of threads.
type Config struct {
	Model     string            `json:"model"`      // name of the engine
	Data      string            `json:"data"`       // name or path
	Seed      uint64            `json:"seed"`       // of all randomness
	Threads   int               `json:"threads"`    // 0 is one a processor
	SaveEvery float64           `json:"save_every"` // seconds between checkpoints; 0 is one a sweep
	Options   map[string]string `json:"options"`    // settings of the engine, by name
}

// Default returns the settings of a first run.
func (s Spec) Default() Config {
	every := s.SaveEvery
	if every == 0 {
		every = 5
	}
	return Config{Model: s.Name, Data: s.Data, Seed: 1, SaveEvery: every, Options: s.Options.Filled(nil)}
}

// Resolved completes a config by the defaults of its engine.
func (c Config) Resolved() Config {
	if s, ok := Lookup(c.Model); ok {
		c.Options = s.Options.Filled(c.Options)
	}
	return c
}

// Validate checks every value that does not depend on the data.
func (c Config) Validate() error {
	s, ok := Lookup(c.Model)
	switch {
	case !ok:
		return fmt.Errorf("engine: model: got %q, want one of %s", c.Model, strings.Join(Names(), ", "))
	case c.Data == "":
		return fmt.Errorf("engine: data: got none, want a name or a path")
	case c.Threads < 0 || c.Threads > 1<<12:
		return fmt.Errorf("engine: threads: got %d, want 0 to %d", c.Threads, 1<<12)
	case !(c.SaveEvery >= 0 && c.SaveEvery <= 1e9):
		return fmt.Errorf("engine: save-every: got %v, want 0 to 1e9", c.SaveEvery)
	}
	given := maps.Clone(c.Options)
	for name, v := range given {
		if o, ok := s.Options.Find(name); ok && v == "" && o.Default == "" {
			delete(given, name) // not given
		}
	}
	if err := s.Options.Check(given); err != nil {
		return fmt.Errorf("%s: %w", c.Model, err)
	}
	return nil
}

// SettingError is an error of a setting that only the data can tell.
type SettingError struct {
	Err error // says which setting, what it is and what is wanted
}

// Error implements error.
func (e *SettingError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *SettingError) Unwrap() error { return e.Err }

// numbers returns the parsed value of an option.
func (c Config) numbers(name string) []float64 {
	return registry[c.Model].Options.Numbers(c.Options, name)
}

// Number is the value of an option that is a number.
func (c Config) Number(name string) float64 { return c.numbers(name)[0] }

// Whole is the value of a whole number.
func (c Config) Whole(name string) int { return int(c.numbers(name)[0]) }

// On is the value of a switch.
func (c Config) On(name string) bool { return c.numbers(name)[0] == 1 }

// Text is the value of a choice, a text or a path; "" where none is given.
func (c Config) Text(name string) string {
	if _, ok := registry[c.Model].Options.Find(name); !ok {
		panic(fmt.Errorf("option %q is not declared", name))
	}
	return c.Options[name]
}

// List parts a text by commas; nil where none is given.
func (c Config) List(name string) (out []string) {
	for _, part := range strings.Split(c.Text(name), ",") {
		if part = strings.TrimSpace(part); part != "" && !slices.Contains(out, part) {
			out = append(out, part)
		}
	}
	return out
}
