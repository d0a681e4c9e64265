package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/train"
)

// metricsJSON runs `elbo eval --metrics` and returns what was measured, by name.
func metricsJSON(t *testing.T, args ...string) map[string]measured {
	t.Helper()
	out, _ := mustRun(t, append([]string{"eval", "--json"}, args...)...)
	var got struct{ Metrics []measured }
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v in %.100q", err, out)
	}
	byName := map[string]measured{}
	for _, m := range got.Metrics {
		byName[m.Name] = m
	}
	return byName
}

// Every metric is measured or says why not, and none does both.
func TestAllMetricsAreMeasuredOrSayWhyNot(t *testing.T) {
	f := shared(t)
	sprites := filepath.Join(t.TempDir(), "sprites")
	mustRun(t, "train", "vae", "--data", "sprites", "--max-rows", "400", "--epochs", "1", "--hidden", "8", "--latent", "3", "--quiet", "--no-report", "--out", sprites)
	const noFactors, noBound = "no factors", "no guide and prior"
	for run, out := range map[string]map[string]string{
		sprites:  {},
		f.images: {"mig": noFactors, "modularity": noFactors, "factorvae": noFactors, "betavae": noFactors, "dci": noFactors, "sap": noFactors, "irs": noFactors},
		f.plain: {"bound": noBound, "rate-distortion": noBound, "nll": noBound, "active": noBound, "information": noBound,
			"mig": noFactors, "modularity": noFactors, "factorvae": noFactors, "betavae": noFactors, "dci": noFactors, "sap": noFactors, "irs": noFactors},
	} {
		got := metricsJSON(t, run, "--metrics", "all")
		for _, m := range metrics {
			r := got[m.name]
			why, missing := out[m.name]
			if r.Name == "" || (r.LeftOut == "") == (len(r.Figures) == 0) {
				t.Errorf("%s, %s: got %+v, want figures or why there are none", run, m.name, r)
			}
			if strings.HasPrefix(m.needs, "sample") {
				continue // which depends on what the data look like as well
			}
			if missing != (r.LeftOut != "") || !strings.Contains(r.LeftOut, why) {
				t.Errorf("%s, %s: left out %q, want %q", run, m.name, r.LeftOut, why)
			}
			for _, f := range r.Figures {
				if f.Lo != nil && !(*f.Lo <= f.Value && f.Value <= *f.Hi) {
					t.Errorf("%s, %s: %v lies outside %v to %v", run, m.name, f.Value, *f.Lo, *f.Hi)
				}
			}
		}
	}
}

func TestMetricsRepeatTheRecordedFigures(t *testing.T) {
	f := shared(t)
	o, _, err := train.ReadOutcome(f.images)
	if err != nil {
		t.Fatal(err)
	}
	got := metricsJSON(t, f.images, "--metrics", "rate-distortion,bound,active,nll")
	if len(got) != 4 {
		t.Errorf("got %d metrics, want the four that were asked for", len(got))
	}
	if v := got["nll"].Figures[0].Value; !(v < -o.Test.Bound && v > -o.Test.Bound-50) {
		t.Errorf("−ln p(x): got %v, want less than −ELBO %v, and not by far", v, -o.Test.Bound)
	}
	if v := got["bound"].Figures[0].Value; v != -o.Test.Bound {
		t.Errorf("−ELBO: got %v, want %v", v, -o.Test.Bound)
	}
	r := got["rate-distortion"].Figures
	if r[0].Value != o.Test.KL || r[1].Value != -o.Test.Reconstruction {
		t.Errorf("rate and distortion: got %v, want %v and %v", r, o.Test.KL, -o.Test.Reconstruction)
	}
	if v := got["active"].Figures[0].Value; int(v) != o.Telemetry.ActiveUnits {
		t.Errorf("active units: got %v, want %v", v, o.Telemetry.ActiveUnits)
	}
	out, _ := mustRun(t, "eval", f.images, "--metrics", "probe,mig")
	for _, s := range []string{"95 % interval", "accuracy of codes", "accuracy of PCA", "left out  mig: data", "best checkpoint"} {
		if !strings.Contains(out, s) {
			t.Errorf("got %q, want %q in it", out, s)
		}
	}
	if quiet, _ := mustRun(t, "eval", f.images, "--metrics", "mig", "-q"); strings.Count(quiet, "\n") != 1 {
		t.Errorf("--quiet: got %q, want one line", quiet)
	}
}

func TestMistakesWithMetricsAreNamed(t *testing.T) {
	f := shared(t)
	for _, c := range []struct {
		args []string
		part string
	}{
		{[]string{"--metrics", "mig,beauty"}, `--metrics: got "beauty", want all or some of bound, rate-distortion`},
		{[]string{"--metrics", "mig,mig"}, "got mig twice"},
		{[]string{"--metrics", "all,mig"}, "got all,mig, want all, or names"},
		{[]string{"--metrics", ""}, "--metrics: got none"},
		{[]string{"--metrics", "mig", "--k", "5"}, "got --metrics with --k"},
		{[]string{"--metrics", "mig", "--verify"}, "got --metrics with --verify"},
	} {
		code, out, err := elboCommand(append([]string{"eval", f.images}, c.args...)...)
		if code != exitUsage || out != "" || !strings.Contains(err, c.part) {
			t.Errorf("%v: exit %d, %q, want 2 and %q", c.args, code, err, c.part)
		}
	}
	code, _, err := elboCommand("eval", t.TempDir(), "--metrics", "all")
	if code != exitFailed || !strings.Contains(err, "no run directory") {
		t.Errorf("an empty folder: exit %d, %q", code, err)
	}
}

// A class that the model can see is hidden from it, and codes come without it.
func TestCodesOfMetricsDoNotHoldTheClass(t *testing.T) {
	got := widened([]float32{1, 2, 3, 4}, 2, 3, -1)
	want := []float32{1, 2, -1, 3, 4, -1}
	for i := range want {
		if got[i] != want[i] || len(got) != len(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
	run := filepath.Join(t.TempDir(), "r")
	mustRun(t, "train", "cvae", "--max-rows", "300", "--epochs", "1", "--hidden", "8", "--latent", "2", "--quiet", "--no-report", "--out", run)
	r := metricsJSON(t, run, "--metrics", "probe,knn")
	if a := r["probe"].Figures[0]; a.Value > .6 {
		t.Errorf("a probe of codes that were hardly trained: got %v, want far from 1", a.Value)
	}
}

// Samples are measured by the judge of digits: of data that it knows, one report serves all figures.
func TestSamplesAreMeasuredByTheJudgeOfDigits(t *testing.T) {
	run := filepath.Join(t.TempDir(), "r")
	mustRun(t, "train", "vae", "--max-rows", "200", "--epochs", "1", "--hidden", "8", "--latent", "2", "--quiet", "--no-report", "--out", run)
	got := metricsJSON(t, run, "--metrics", "own-fid,own-kid,prdc")
	fid, kid, balls := got["own-fid"].Figures, got["own-kid"].Figures, got["prdc"].Figures
	if len(fid) != 2 || !(fid[0].Value > fid[1].Value) || !strings.Contains(fid[0].Note, "judge digits-") {
		t.Errorf("own FID: got %+v, want that of the samples above that of halves of the data", fid)
	}
	if len(kid) != 1 || kid[0].Lo == nil || len(balls) != 4 || balls[0].Value < 0 || balls[3].Value > 1 {
		t.Errorf("got %+v and %+v", kid, balls)
	}
	f := shared(t)
	for run, why := range map[string]string{f.plain: "no prior to draw from", f.table: "knows digits of 28×28 alone"} {
		if r := metricsJSON(t, run, "--metrics", "own-kid")["own-kid"]; !strings.Contains(r.LeftOut, why) {
			t.Errorf("%s: got %+v, want that the %s", run, r, why)
		}
	}
}

func TestCodesGoToTheirNearestCentre(t *testing.T) {
	centres := []float64{0, 0, 4, 0, 0, 3}
	for _, c := range []struct {
		z    []float64
		want int
	}{{[]float64{1, 1}, 0}, {[]float64{3, 1}, 1}, {[]float64{-1, 2}, 2}, {[]float64{2, 0}, 0}} {
		if got := nearestCentre(c.z, centres); got != c.want {
			t.Errorf("%v: got centre %d, want %d", c.z, got, c.want)
		}
	}
}

func TestFactorsAreLevels(t *testing.T) {
	if got, ok := wholeNumbers([]float32{2, 0, 2}); !ok || len(got) != 3 || got[1] != 0 {
		t.Errorf("whole numbers: got %v, %v", got, ok)
	}
	if _, ok := wholeNumbers([]float32{1, .5}); ok {
		t.Error("a half passes for a whole number")
	}
	many := make([]float32, factorLevels+1)
	for i := range many {
		many[i] = float32(i)
	}
	if _, ok := wholeNumbers(many); ok {
		t.Errorf("%d values pass for levels", len(many))
	}
	if !sameAs([]int32{1, 2}, []int{1, 2}) || sameAs([]int32{1}, []int{1, 2}) || sameAs([]int32{1, 3}, []int{1, 2}) {
		t.Error("labels are compared wrongly")
	}
}
