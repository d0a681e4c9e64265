package train

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/train/rundir"
)

// fill sets every field below v to a distinct non-zero value, so that a field that a
// checkpoint forgets shows as a difference.
func fill(v reflect.Value, next *int) {
	*next++
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), next)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), next)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), next)
		}
	case reflect.Map:
		k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(k, next)
		fill(e, next)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(k, e)
	case reflect.String:
		v.SetString(fmt.Sprint("s", *next))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(float64(*next) + 1./3)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*next))
	case reflect.Uint64:
		v.SetUint(uint64(*next) << 40)
	default:
		panic(fmt.Sprintf("a %s in the state has no rule here: add one", v.Kind()))
	}
}

// Every field of the state, found by reflection, survives a checkpoint; so do the arrays.
func TestStateRoundTrips(t *testing.T) {
	var want State
	n := 0
	fill(reflect.ValueOf(&want).Elem(), &n)
	want.Format = stateFormat
	b, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	p := model.NewParams(b, dtypes.Float32, rng.New(1))
	arrays := []model.Array{
		{Name: "w", Trainable: true, Dims: []int{2, 2}, Data: []float64{1, -2, .5, 1e-30}},
		{Name: "optimizer/w/m", Dims: []int{2, 2}, Data: []float64{0, 3, 4, 5}},
		{Name: "r", Trainable: true, Dims: []int{}, Data: []float64{7}},
	}
	if err := p.Import(arrays); err != nil {
		t.Fatal(err)
	}
	c, err := snapshot(p, want)
	if err != nil {
		t.Fatal(err)
	}
	store, err := ckpt.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.Save(c, ckpt.SaveOptions{}); err != nil {
		t.Fatal(err)
	}
	if c, err = store.Load("last"); err != nil {
		t.Fatal(err)
	}
	q := model.NewParams(b, dtypes.Float32, rng.New(2))
	got, err := restore(c, q, true)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("state:\n got %+v\nwant %+v", got, want)
	}
	a, err := p.Export()
	if err != nil {
		t.Fatal(err)
	}
	again, err := q.Export()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]model.Array{}
	for _, x := range again {
		byName[x.Name] = x
	}
	for _, x := range a {
		y := byName[x.Name]
		if fmt.Sprint(x) != fmt.Sprint(y) {
			t.Errorf("array %s: got %v, want %v", x.Name, y, x)
		}
	}
}

// A state of another format, with an unknown field, or cut off is refused.
func TestStateIsReadStrictly(t *testing.T) {
	b, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	good, err := json.Marshal(State{Format: stateFormat})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{`{"format": 99}`, `{"format": 1, "surprise": 0}`, string(good[:len(good)-1]), ``, `[]`} {
		p := model.NewParams(b, dtypes.Float32, rng.New(1))
		if _, err := restore(ckpt.Checkpoint{State: []byte(bad)}, p, true); err == nil {
			t.Errorf("accepted %q", bad)
		}
	}
	p := model.NewParams(b, dtypes.Float32, rng.New(1))
	if _, err := restore(ckpt.Checkpoint{State: good}, p, true); err != nil {
		t.Errorf("refused a good one: %v", err)
	}
}

// Weights and moments part by whether they are trained, and keep names and shapes.
func TestTensorsPartWeightsFromMoments(t *testing.T) {
	c, s := tiny()
	dir := filepath.Join(t.TempDir(), "run")
	if err := rundir.CheckFree(dir); err != nil {
		t.Fatal(err)
	}
	run, err := Start(t.Context(), c, s, dir, "test", Observer{})
	if err != nil {
		t.Fatal(err)
	}
	if err := rundir.CheckFree(dir); err == nil || !strings.Contains(err.Error(), "holds a run already") {
		t.Errorf("got error %v of a folder with a run, want one that says so", err)
	}
	weights, _, err := Tensors(run.Net.Params)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, w := range weights {
		v, err := w.Float32s()
		if err != nil || strings.HasPrefix(w.Name, "optimizer/") {
			t.Errorf("weight %s: %v", w.Name, err)
		}
		n += len(v)
	}
	if n != run.Net.Params.Count() || n == 0 {
		t.Errorf("got %d trained values, want %d", n, run.Net.Params.Count())
	}
	c.Backend = "abacus"
	if _, err := c.NewNetwork(Facts{Shape: []int{16}}); err == nil || !strings.Contains(err.Error(), "abacus") {
		t.Errorf("got error %v, want one that names the backend", err)
	}
}
