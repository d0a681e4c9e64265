package data

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// randomJSON returns a value with odd texts and nested lists.
func randomJSON(r *rand.Rand, depth int) any {
	switch r.IntN(6 - min(depth, 2)) {
	case 0:
		return r.NormFloat64()
	case 1:
		return []string{"", "a", `"`, `\`, `\"`, "},", "],[", "\u2028", "x\n"}[r.IntN(9)]
	case 2:
		return nil
	case 3:
		return r.IntN(2) == 0
	case 4:
		list := make([]any, r.IntN(4))
		for i := range list {
			list[i] = randomJSON(r, depth+1)
		}
		return list
	}
	return map[string]any{"}": randomJSON(r, depth+1), "x": randomJSON(r, depth+1)}
}

// Splitting a line gives the same values as encoding/json does.
func TestJSONFieldsAgreeWithTheStandardLibrary(t *testing.T) {
	for run := range 5000 {
		r := rng.New(23).At(uint64(run)).Rand()
		object := map[string]any{}
		for _, key := range []string{"x", "shape", "label"} {
			if r.IntN(3) > 0 {
				object[key] = randomJSON(r, 0)
			}
		}
		line, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		if r.IntN(2) == 0 {
			var wide bytes.Buffer
			json.Indent(&wide, line, " ", "\t")
			line = wide.Bytes()
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatal(err)
		}
		f, err := (&jsonReader{line: 1}).fields(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		for key, got := range map[string][]byte{"x": f.x, "shape": f.shape, "label": f.label} {
			if !bytes.Equal(got, bytes.TrimSpace(want[key])) {
				t.Fatalf("%s: key %s: got %s, want %s", line, key, got, want[key])
			}
		}
	}
}

// A line costs no more memory than its row: a decoder a line would take kilobytes.
func TestJSONLinesCostLittleMemory(t *testing.T) {
	text := bytes.Repeat([]byte("{\"x\":[0.5,1],\"label\":\"a\"}\n"), 20000)
	var err error
	used := allocatedExactly(func() { _, err = readSized("jsonl", text, ReadOptions{}) })
	if err != nil {
		t.Fatal(err)
	}
	if most := uint64(4*len(text) + 1<<20); used > most {
		t.Errorf("got %d bytes allocated for %d, want at most %d", used, len(text), most)
	}
}
