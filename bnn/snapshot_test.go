package bnn

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/model"
)

// resumable is a fit of a few epochs in batches that do not divide the table.
func resumable(method, head string) (x [][]float32, y []float64, c Config) {
	x, y = waves(23, 1)
	if head == "classes" {
		x, y = blobs(23, 3, .3, 1)
	}
	return x, y, Config{Method: method, Head: head, Hidden: []int{3, 2}, Epochs: 3, Batch: 10, Members: 3, Draws: 4, Seed: 9}
}

// stop is a snapshot with what the fit had told by then.
type stop struct {
	snapshot Snapshot
	told     int
}

// fitWithStops fits with a snapshot after each epoch.
func fitWithStops(t *testing.T, x [][]float32, y []float64, c Config) (file []byte, told []Progress, stops []stop) {
	t.Helper()
	c.Progress = func(p Progress) { told = append(told, p) }
	c.Checkpoint = func(p Progress, take func() (Snapshot, error)) error {
		s, err := take()
		if p != told[len(told)-1] {
			t.Errorf("got %+v at the checkpoint of %+v", p, told[len(told)-1])
		}
		stops = append(stops, stop{s, len(told)})
		return err
	}
	return saved(t, fit(t, x, y, c)), told, stops
}

// travelled is a snapshot as it comes back from a file: in another order, its state indented.
func travelled(t *testing.T, s Snapshot) *Snapshot {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, s.State, "", "  "); err != nil {
		t.Fatal(err)
	}
	out := &Snapshot{State: b.Bytes()}
	for _, a := range slices.Backward(s.Arrays) {
		out.Arrays = append(out.Arrays, model.Array{Name: a.Name, Dims: slices.Clone(a.Dims), Data: slices.Clone(a.Data)})
	}
	return out
}

// Wherever a fit stops, what goes on from there tells the same of every epoch that is left and
// ends in the same file.
func TestAFitThatWasStoppedAfterAnyEpochEndsInTheSameNetwork(t *testing.T) {
	for _, method := range Methods {
		for _, head := range Heads {
			x, y, c := resumable(method, head)
			if c.Validate() != nil {
				continue // a method that does not have the head
			}
			plain := saved(t, fit(t, x, y, c))
			want, all, stops := fitWithStops(t, x, y, c)
			if !bytes.Equal(plain, want) {
				t.Fatalf("%s, %s: a fit that is looked at ends in another network", method, head)
			}
			phases := map[string]int{"ensemble": 3, "swag": 2, "sgld": 2}[method]
			if len(stops) != 3*max(1, phases) {
				t.Fatalf("%s, %s: got %d checkpoints, want one an epoch", method, head, len(stops))
			}
			for _, at := range stops {
				var rest []Progress
				c.Progress = func(p Progress) { rest = append(rest, p) }
				n, err := FitFrom(context.Background(), x, y, c, travelled(t, at.snapshot))
				where := fmt.Sprintf("%s, %s, after %+v", method, head, all[at.told-1])
				if err != nil {
					t.Fatalf("%s: %v", where, err)
				}
				if !slices.Equal(rest, all[at.told:]) {
					t.Errorf("%s: got %+v, want %+v", where, rest, all[at.told:])
				}
				if !bytes.Equal(saved(t, n), want) {
					t.Errorf("%s: the network is another one", where)
				}
			}
		}
	}
}

// The priors and estimators of variational inference have parameters and noise of their own.
func TestEveryPriorAndEstimatorResumes(t *testing.T) {
	check := func(name string, x [][]float32, y []float64, c Config) {
		want, _, stops := fitWithStops(t, x, y, c)
		n, err := FitFrom(context.Background(), x, y, c, &stops[1].snapshot)
		if err != nil || !bytes.Equal(saved(t, n), want) {
			t.Errorf("%s: got another network (%v)", name, err)
		}
	}
	x, y, c := resumable("vi", "")
	for _, c.Prior.Kind = range PriorKinds {
		check(c.Prior.Kind, x, y, c)
	}
	c.Prior.Kind = ""
	for _, c.Estimator = range Estimators {
		check(c.Estimator, x, y, c)
	}
	c.Estimator, c.Evidence = "", true
	for _, c.Method = range []string{"laplace", "laplace-kfac", "last-layer"} {
		check(c.Method+" by its evidence", x, y, c)
	}
}

// A fit that goes on takes snapshots like one that was never stopped.
func TestASnapshotOfAResumedFitIsThatOfAWholeOne(t *testing.T) {
	for _, method := range Methods {
		x, y, c := resumable(method, "")
		_, _, stops := fitWithStops(t, x, y, c)
		var again []Snapshot
		c.Checkpoint = func(_ Progress, take func() (Snapshot, error)) error {
			s, err := take()
			again = append(again, s)
			return err
		}
		if _, err := FitFrom(context.Background(), x, y, c, &stops[0].snapshot); err != nil {
			t.Fatal(err)
		}
		for i, s := range again {
			if want := stops[i+1].snapshot; !bytes.Equal(s.State, want.State) || digest(s.Arrays) != digest(want.Arrays) {
				t.Errorf("%s: snapshot %d: got %s, want %s", method, i+1, s.State, want.State)
			}
		}
	}
}

// What a checkpoint returns ends the fit; so does a context that is done, within an epoch.
func TestAFitEndsWhereItIsTold(t *testing.T) {
	x, y, c := resumable("ensemble", "")
	enough := errors.New("enough")
	var held Snapshot
	var late func() (Snapshot, error)
	c.Checkpoint = func(p Progress, take func() (Snapshot, error)) (err error) {
		late = take
		if p.Phase == "member 2" && p.Epoch == 2 {
			held, err = take()
			return errors.Join(err, enough)
		}
		return nil
	}
	if _, err := Fit(context.Background(), x, y, c); !errors.Is(err, enough) {
		t.Fatalf("got %v, want what the checkpoint returned", err)
	}
	_, err := late()
	refused(t, err, "after Checkpoint has returned")

	c.Checkpoint = nil
	steps := 0
	ctx, cancel := context.WithCancel(context.Background())
	c.noise = func(string, []int) []float64 { return nil } // an ensemble draws none
	stopped := c
	stopped.Progress = func(p Progress) {
		if steps++; p.Phase == "member 3" {
			cancel()
		}
	}
	if _, err := FitFrom(ctx, x, y, stopped, &held); !errors.Is(err, context.Canceled) || steps != 2 {
		t.Fatalf("got %v after %d epochs, want it cancelled after 2", err, steps)
	}
	n, err := FitFrom(context.Background(), x, y, c, &held)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(saved(t, n), saved(t, fit(t, x, y, c))) {
		t.Error("a fit that was stopped twice ends in another network")
	}
}

// snapshotOf returns one of a phase in the middle with a path.
func snapshotOf(t *testing.T, method string) (x [][]float32, y []float64, c Config, s Snapshot) {
	t.Helper()
	x, y, c = resumable(method, "")
	_, _, stops := fitWithStops(t, x, y, c)
	return x, y, c, stops[len(stops)-2].snapshot
}

func TestASnapshotOfAnotherFitIsRefused(t *testing.T) {
	x, y, c, s := snapshotOf(t, "swag")
	for say, change := range map[string]func(c *Config){
		`configuration: LR: got 0.01, want 0.02`: func(c *Config) { c.LR = .02 },
		`configuration: Seed: got 9, want 8`:     func(c *Config) { c.Seed = 8 },
		`Hidden: got [3,2], want [3]`:            func(c *Config) { c.Hidden = []int{3} },
		`Method: got "swag", want "sgld"`:        func(c *Config) { c.Method = "sgld" },
		`configuration: Prior`:                   func(c *Config) { c.Prior.SD = 3 },
		`Epochs: got 3, want 4`:                  func(c *Config) { c.Epochs = 4 },
	} {
		other := c
		change(&other)
		_, err := FitFrom(context.Background(), x, y, other, &s)
		refused(t, err, "snapshot: configuration", say)
	}
	y[3]++
	_, err := FitFrom(context.Background(), x, y, c, &s)
	refused(t, err, "snapshot: table")
}

// resealed gives a changed snapshot the digest of its arrays, as someone who means harm would.
func resealed(t *testing.T, s Snapshot, change func(s *Snapshot, st *state)) *Snapshot {
	t.Helper()
	out := travelled(t, s)
	var st state
	if err := json.Unmarshal(out.State, &st); err != nil {
		t.Fatal(err)
	}
	change(out, &st)
	st.Arrays = digest(out.Arrays)
	var err error
	if out.State, err = json.Marshal(st); err != nil {
		t.Fatal(err)
	}
	return out
}

// named returns an array of a snapshot.
func named(t *testing.T, s *Snapshot, name string) *model.Array {
	t.Helper()
	for i := range s.Arrays {
		if s.Arrays[i].Name == name {
			return &s.Arrays[i]
		}
	}
	t.Fatalf("no array %s", name)
	return nil
}

// Each of these is a snapshot whose parts are whole but do not fit together.
func TestASnapshotThatDoesNotFitTogetherIsRefused(t *testing.T) {
	type change func(s *Snapshot, st *state)
	without := func(name string) change {
		return func(s *Snapshot, _ *state) {
			s.Arrays = slices.DeleteFunc(s.Arrays, func(a model.Array) bool { return a.Name == name })
		}
	}
	rename := func(from, to string) change {
		return func(s *Snapshot, _ *state) { named(t, s, from).Name = to }
	}
	set := func(name string, v float64) change {
		return func(s *Snapshot, _ *state) { a := named(t, s, name); a.Data[len(a.Data)-1] = v }
	}
	shape := func(name string, dims ...int) change {
		return func(s *Snapshot, _ *state) { named(t, s, name).Dims = dims }
	}
	add := func(a model.Array) change {
		return func(s *Snapshot, _ *state) { s.Arrays = append(s.Arrays, a) }
	}
	for method, cases := range map[string][]struct {
		say string
		do  change
	}{
		"swag": {
			{"format: got 2, want 1", func(_ *Snapshot, st *state) { st.Format = 2 }},
			{"phases: got 0", func(_ *Snapshot, st *state) { st.Phases = nil }},
			{"phase: got vi, want mode", func(_ *Snapshot, st *state) { st.Phases[0].Name = "vi" }},
			{"epochs of phase mode: got 2", func(_ *Snapshot, st *state) { st.Phases[0].Epochs = 2 }},
			{"epochs of phase swag: got 4", func(_ *Snapshot, st *state) { st.Phases[1].Epochs = 4 }},
			{"epochs of phase swag: got 0", func(_ *Snapshot, st *state) { st.Phases[1].Epochs = 0 }},
			{"no array layer1/weight, want one of shape [3 2]", without("0/params/layer1/weight")},
			{"no array layer1/weight", without("1/params/layer1/weight")},
			{"no array head/log_scale", without("1/params/head/log_scale")},
			{"no array layer0/bias", rename("1/params/layer0/bias", "1/params/layer9/bias")},
			{"array: got 7/params/layer0/bias, want a name", rename("1/params/layer0/bias", "7/params/layer0/bias")},
			{"array: got other, want a name", rename("1/params/layer0/bias", "other")},
			{"array layer1/weight: got 6 values of shape [2 3]", shape("1/params/layer1/weight", 2, 3)},
			{"array layer1/weight: got 6 values of shape [-3 -2]", shape("1/params/layer1/weight", -3, -2)},
			{"phase mode: got 8 arrays, want 7", add(model.Array{Name: "0/params/more"})},
			{"it twice", add(model.Array{Name: "0/params/head/log_scale"})},
			{"value 5: got NaN", set("0/params/layer1/weight", math.NaN())},
			{"value 16: got -Inf", set("1/path/0", math.Inf(-1))},
			{"path: got 7 rows", without("1/path/7")},
			{"path: got none of number 3", without("1/path/3")},
			{"path: row 1: got 1 numbers, want 17", func(s *Snapshot, _ *state) { a := named(t, s, "1/path/1"); a.Data = a.Data[:1] }},
		},
		"sgld": {
			{"path: row 0: deviation: got -1", set("1/path/0", -1)},
			{"path: row 0: got 2 numbers, want 18", func(s *Snapshot, _ *state) { a := named(t, s, "1/path/0"); a.Data = a.Data[:2] }},
			{"path: got 3 rows", add(model.Array{Name: "1/path/2"})},
		},
		"vi": {
			{"path: got 1 rows, want none in phase vi", add(model.Array{Name: "0/path/0"})},
			{"no array optimizer/layer0/bias/mean/m", without("0/params/optimizer/layer0/bias/mean/m")},
			{"phases: got 2, want 1 at most", func(s *Snapshot, st *state) {
				st.Phases = []stage{{Name: "vi", Epochs: 3}, {Name: "more", Epochs: 1}}
				s.Arrays = slices.DeleteFunc(s.Arrays, func(a model.Array) bool { return strings.Contains(a.Name, "optimizer") })
			}},
		},
	} {
		x, y, c, s := snapshotOf(t, method)
		for _, k := range cases {
			_, err := FitFrom(context.Background(), x, y, c, resealed(t, s, k.do))
			if err == nil {
				t.Errorf("%s: got no error, want %q", method, k.say)
				continue
			}
			refused(t, err, "snapshot: ", k.say)
		}
	}
}

// A bit that was lost on the way, a state that is no state: errors, and none may panic.
func TestADamagedSnapshotIsRefused(t *testing.T) {
	x, y, c, s := snapshotOf(t, "swag")
	bad := travelled(t, s)
	row := named(t, bad, "1/path/1").Data
	for i, v := range row {
		row[i] = float64(float32(v))
	}
	_, err := FitFrom(context.Background(), x, y, c, bad)
	refused(t, err, "snapshot: arrays: got digest", "changed or rounded")

	whole := string(s.State)
	deep := strings.Repeat("[", 1<<20)
	for _, text := range []string{
		"", "null", "{}", "[]", "0", deep, "{\"phases\":" + deep, whole + "{}", whole + "x", "{\"more\":1," + whole[1:],
		strings.Replace(whole, "\"log_lik\":", "\"log_lik\":NaN,\"x\":", 1),
		strings.Replace(whole, "\"log_lik\":", "\"log_lik\":1e999,\"x\":", 1),
		strings.Replace(whole, "\"epochs\":3", "\"epochs\":1e30", 1),
		strings.Repeat(" ", maxState) + whole,
	} {
		_, err := FitFrom(context.Background(), x, y, c, &Snapshot{Arrays: s.Arrays, State: json.RawMessage(text)})
		if err == nil || !strings.HasPrefix(err.Error(), "bnn: snapshot: ") {
			t.Errorf("%.40q: got %v, want an error of bnn: snapshot", text, err)
		}
	}
	for n := range len(whole) {
		if _, err := FitFrom(context.Background(), x, y, c, &Snapshot{s.Arrays, s.State[:n]}); err == nil {
			t.Fatalf("%d of %d bytes: got no error", n, len(whole))
		}
	}
}
