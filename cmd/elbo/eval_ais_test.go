package main

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// TestAnnealingAgreesWithImportanceSamplingOfARun within half a nat, for a small model whose
// weights from the guide are good: the rows are the same.
func TestAnnealingAgreesWithImportanceSamplingOfARun(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, small("--out", "r", "--epochs", "2", "--latent", "2", "--no-report", "-q")...)
	o := must(t, "eval", "r", "--k", "1000", "--rows", "5", "--ais", "200", "--json")
	var got evaluation
	if err := json.Unmarshal([]byte(o.out), &got); err != nil {
		t.Fatal(err)
	}
	if got.AIS == nil || got.AIS.N != 5 || got.AIS.K != 16 || math.Abs(got.AIS.NLL-got.NLL.NLL) > .5 {
		t.Errorf("got %+v beside %+v", got.AIS, got.NLL)
	}
	if o := must(t, "eval", "r", "--k", "10", "--rows", "2", "--ais", "5"); !strings.Contains(o.out, "by annealed importance sampling from the prior, 16 chains") {
		t.Errorf("got %s", o.out)
	}
	for _, args := range [][]string{{"--ais", "-1"}, {"--ais", "5", "--k", "0"}, {"--ais", "2000000"}} {
		if o := call(t.Context(), append([]string{"eval", "r"}, args...)...); o.code != exitUsage {
			t.Errorf("%v: got exit %d, want %d", args, o.code, exitUsage)
		}
	}
}
