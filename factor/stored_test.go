package factor

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestStoredModelsThatCannotInferAreRefused(t *testing.T) {
	const good = `{"version":1,"dims":2,"factors":1,"w":[1,2],"w_cov":[[1],[1]],"mean":[0,0],"mean_var":[1,1],"alpha":[{"shape":1,"rate":1}],"noise":[{"shape":2,"rate":1}]}`
	var m Model
	if err := json.Unmarshal([]byte(good), &m); err != nil {
		t.Fatal(err)
	}
	if _, v, err := m.Reconstruct([]float64{1, 2}); err != nil || !(v[0] > 0) {
		t.Fatal(v, err)
	}
	for _, swap := range [][2]string{
		{`"version":1`, `"version":0`}, {`"dims":2`, `"dims":3`}, {`"dims":2`, `"dims":0`}, {`"factors":1`, `"factors":2`}, {`"factors":1`, `"factors":3`},
		{`"dims":2`, `"dims":4611686018427387905`}, {`[1,2]`, `[1,2,3]`}, {`[[1],[1]]`, `[[1]]`}, {`[[1],[1]]`, `[[1],[1,2]]`}, {`[[1],[1]]`, `[[1],[]]`},
		{`[0,0]`, `[0]`}, {`[1,1]`, `[1]`}, {`"shape":1`, `"shape":-1`}, {`[{"shape":2,"rate":1}]`, `[]`}, {`"shape":2`, `"shape":0`}, {`[1,2]`, `"x"`},
	} {
		bad := strings.Replace(good, swap[0], swap[1], 1)
		if bad == good {
			t.Fatalf("%s is not in the text", swap[0])
		}
		if json.Unmarshal([]byte(bad), new(Model)) == nil {
			t.Errorf("taken: %s", bad)
		}
	}
}
