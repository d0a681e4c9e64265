package ckpt

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/elbo-go/elbo/internal/rng"
)

// config is a made-up configuration with all that a real one has.
type config struct {
	Name  string             `json:"name"`
	Seed  uint64             `json:"seed"`
	Rate  float64            `json:"rate"`
	Model *configModel       `json:"model"`
	Extra map[string]float64 `json:"extra,omitempty"`
	When  duration           `json:"when"`
	Any   any                `json:"any"`
	Raw   json.RawMessage    `json:"raw"`
	configBase
	Skipped int `json:"-"`
	Plain   bool
	hidden  int
}

type configModel struct {
	Layers []configLayer `json:"layers"`
	Shape  [2]int        `json:"shape"`
}

type configLayer struct {
	Width int    `json:"width"`
	Act   string `json:"act"`
}

type configBase struct {
	Version int `json:"version"`
}

// duration decodes itself from text.
type duration time.Duration

func (d *duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = duration(v)
	return err
}

const configJSON = `{
  "name": "beta-vae é",
  "seed": 18446744073709551615,
  "rate": 1e-3,
  "model": {"layers": [{"width": 64, "act": "relu"}, {"width": 32}], "shape": [28, 28]},
  "extra": {"x": 1, "y": -2.5},
  "when": "3s", "any": {"x": [1, {"y": null}]}, "raw": {"q": 1},
  "version": 3,
  "Plain": true
}
`

func TestStrictDecodesWhatJSONDecodes(t *testing.T) {
	var got, want config
	if err := DecodeStrict([]byte(configJSON), &got, 0); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(configJSON), &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) || got.hidden != 0 || got.Model.Layers[1].Width != 32 || got.Version != 3 {
		t.Errorf("got %+v, want %+v", got, want)
	}
	var list []map[string]int
	if err := DecodeStrict([]byte(` [{"a":1},{"a":2}] `), &list, 0); err != nil || list[1]["a"] != 2 {
		t.Errorf("got %v, %v", list, err)
	}
}

func TestStrictErrorTexts(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{``, `ckpt: json: byte 0: got unexpected end of JSON input, want one JSON value`},
		{`{"name":"x"`, `ckpt: json: byte 11: got unexpected end of JSON input, want one JSON value`},
		{`{"name":"x"} {}`, `ckpt: json: byte 14: got invalid character '{' after top-level value, want one JSON value`},
		{`{"nam":"x"}`, `ckpt: json: byte 1: nam: got an unknown field, want one of Plain, any, extra, model, name, rate, raw, seed, version, when`},
		{`{"Name":"x"}`, `ckpt: json: byte 1: Name: got an unknown field, want one of Plain, any, extra, model, name, rate, raw, seed, version, when`},
		{`{"Skipped":1}`, `ckpt: json: byte 1: Skipped: got an unknown field, want one of Plain, any, extra, model, name, rate, raw, seed, version, when`},
		{`{"model":{"layers":[{"width":1},{"wide":2}]}}`, `ckpt: json: byte 33: model.layers.wide: got an unknown field, want one of act, width`},
		{`{"model":{"layers":[{"width":1,"width":2}]}}`, `ckpt: json: byte 31: model.layers.width: got the field twice, want it once`},
		{`{"any":{"a":1,"\u0061":2}}`, `ckpt: json: byte 14: any.a: got the field twice, want it once`},
		{`{"rate":"fast"}`, `ckpt: json: byte 14: rate: got string, want float64`},
		{`{"rate":1e999}`, `ckpt: json: byte 13: rate: got number 1e999, want float64`},
		{`{"rate":NaN}`, `ckpt: json: byte 9: got invalid character 'N' looking for beginning of value, want one JSON value`},
		{`{"seed":-1}`, `ckpt: json: byte 10: seed: got number -1, want uint64`},
		{`{"model":{"layers":[{"width":1.5}]}}`, `ckpt: json: byte 32: model.layers.width: got number 1.5, want int`},
		{`{"model":[]}`, `ckpt: json: byte 10: model: got array, want ckpt.configModel`},
		{`{"when":"soon"}`, `ckpt: json: got a value that its field refuses (time: invalid duration "soon"), want another`},
		{`null`, `ckpt: json: byte 0: got null, want a value`},
		{"\xef\xbb\xbf{}", `ckpt: json: byte 1: got invalid character 'ï' looking for beginning of value, want one JSON value`},
		{"{\"name\":\"\xff\"}", `ckpt: json: byte 9: got bytes that are not UTF-8, want UTF-8`},
		{`{"any":` + strings.Repeat("[", 64), `ckpt: json: byte 70: got more than 64 nested values, want at most that`},
		{strings.Repeat(" ", 1<<20) + "1", `ckpt: json: byte 1048576: got 1048577 bytes, want at most 1048576`},
	} {
		err := DecodeStrict([]byte(c.text), &config{}, 0)
		if fmt.Sprint(err) != c.want {
			t.Errorf("%.40q:\ngot  %v\nwant %s", c.text, err, c.want)
		}
	}
	var f *FormatError
	for _, into := range []any{nil, config{}, (*config)(nil)} {
		if err := DecodeStrict([]byte("{}"), into, 0); err == nil || errors.As(err, &f) {
			t.Errorf("into %T: got %v, want an error about the target", into, err)
		}
	}
}

func TestStrictDepthLimitIsExact(t *testing.T) {
	nested := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	var v any
	if err := DecodeStrict(nested(64), &v, 0); err != nil {
		t.Errorf("64 deep: got %v, want no error", err)
	}
	if err := DecodeStrict(nested(65), &v, 0); err == nil {
		t.Error("65 deep: got no error, want one")
	}
	if err := DecodeStrict([]byte(`"`+strings.Repeat("[", 100)+`\"[["`), &v, 0); err != nil {
		t.Errorf("brackets in text: got %v, want no error", err)
	}
}

func TestCorruptConfigsAreRejectedCleanly(t *testing.T) {
	r := rng.New(5).Named("config").Rand()
	rejected := 0
	for range 10_000 {
		data := mutate(r, []byte(configJSON))
		var c config
		var err error
		took := allocated(func() { err = DecodeStrict(data, &c, 0) })
		if took > 1<<20+4*int64(len(data)) {
			t.Errorf("%q: got %d bytes allocated", data, took)
		}
		checkFault(t, err, "json", len(data))
		if err != nil {
			rejected++
			continue
		}
		if plain := json.Unmarshal(data, &config{}); plain != nil {
			t.Errorf("%q: got no error, want %v", data, plain)
		}
	}
	t.Logf("rejected %d of 10000", rejected)
	if rejected < 7000 {
		t.Errorf("rejected: got %d of 10000, want most", rejected)
	}
}
