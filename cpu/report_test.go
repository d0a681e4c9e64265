package cpu_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/cpu"
)

// TestProfileNamesTheSteps: what ran is listed with its calls.
func TestProfileNamesTheSteps(t *testing.T) {
	b := open(t, "threads=1,profile").(*cpu.Backend)
	exec := graph.MustNewExec(b, func(x *graph.Node) *graph.Node { return graph.ReduceAllSum(graph.Exp(x)) })
	for range 3 {
		if _, err := exec.Call([]float32{1, 2, 3}); err != nil {
			t.Fatal(err)
		}
	}
	var region *cpu.StepTime
	for _, s := range b.Profile() {
		if strings.HasPrefix(s.Name, "region exp") {
			region = &s
		}
	}
	if region == nil || region.Calls != 3 || region.Total <= 0 {
		t.Fatalf("got %+v, want a region called 3 times", b.Profile())
	}
	var text bytes.Buffer
	if err := b.WriteStats(&text); err != nil || !strings.Contains(text.String(), "region exp") {
		t.Errorf("got %v and %q", err, text.String())
	}
}

// TestDumpsThatCannotBeWrittenAreErrors, and not a reason to run the graph on another engine.
func TestDumpsThatCannotBeWrittenAreErrors(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dumps")
	if _, err := cpu.New("dump=" + dir); err == nil || !strings.Contains(err.Error(), "want a folder that exists") {
		t.Errorf("a folder that does not exist: got %v", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	b := open(t, "threads=1,dump="+dir)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	_, err := graph.MustNewExec(b, func(x *graph.Node) *graph.Node { return graph.Exp(x) }).Call([]float32{1})
	if err == nil || !strings.Contains(err.Error(), "cpu: dump") {
		t.Errorf("a folder that went away: got %v, want an error of the dump", err)
	}
}

// TestDumpsShowGraphAndProgram: three files a graph.
func TestDumpsShowGraphAndProgram(t *testing.T) {
	dir := t.TempDir()
	b := open(t, "threads=1,dump="+dir)
	graph.MustNewExec(b, func(x *graph.Node) *graph.Node { return graph.Exp(graph.Neg(x)) }).MustCall([]float32{1, 2})
	for suffix, want := range map[string]string{"recorded": "= exp", "graph": "= region", "program": "region neg,exp"} {
		files, err := filepath.Glob(filepath.Join(dir, "001-*."+suffix+".txt"))
		if err != nil || len(files) != 1 {
			t.Fatalf("%s: got %v, %v, want one file", suffix, files, err)
		}
		text, err := os.ReadFile(files[0])
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: got %q, %v, want it to contain %q", suffix, text, err, want)
		}
	}
}
