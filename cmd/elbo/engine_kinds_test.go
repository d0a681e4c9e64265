package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/train/engine"
)

func TestTopicsOfARunArePrinted(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, "train", "lda", "--topics", "4", "--sweeps", "12", "--out", "r", "-q")
	o := must(t, "topics", "r", "--words", "3")
	if n := strings.Count(o.out, "NPMI "); n != 4 || !strings.Contains(o.out, "row") || !strings.Contains(o.out, " %") {
		t.Errorf("got %d topics:\n%s", n, o.out)
	}
	o = must(t, "topics", "r", "--json", "-n", "5")
	for _, line := range strings.Split(strings.TrimSpace(o.out), "\n") {
		var one engine.Topic
		if err := json.Unmarshal([]byte(line), &one); err != nil || len(one.Words) != 5 || one.Coherence == nil {
			t.Errorf("got %s (%v)", line, err)
		}
	}
	must(t, "topics", "r", "--out", "topics.txt")
	if b, err := os.ReadFile("topics.txt"); err != nil || !strings.Contains(string(b), "NPMI") {
		t.Errorf("got %q, %v", b, err)
	}
	writeText(t, "new.dat", "2 0:3 1:2\n1 24:5\n")
	if o := must(t, "predict", "r", "--in", "new.dat"); !strings.HasPrefix(o.out, "document,topic,topic_1,topic_2,topic_3,topic_4\n0,") {
		t.Errorf("got %s", o.out)
	}
	if o := call(t.Context(), "score", "r", "--in", "new.dat", "--json"); !strings.HasPrefix(o.out, `{"document":0,"log_density":-`) || !strings.Contains(o.err, "ln p(odd words | even words)") {
		t.Errorf("got %s%s", o.out, o.err)
	}
	if o := must(t, "sample", "r", "--n", "2"); !strings.HasPrefix(o.out, "document,text\n0,row") {
		t.Errorf("got %s", o.out)
	}
}

func TestSentencesOfARunAreLabelled(t *testing.T) {
	t.Chdir(t.TempDir())
	writeText(t, "train.txt", "the DT B-NP\ndog NN I-NP\nbarks VB B-VP\n\na DT B-NP\ncat NN I-NP\nsleeps VB B-VP\n\n")
	writeText(t, "test.txt", "a DT B-NP\ndog NN I-NP\nsleeps VB B-VP\n")
	must(t, "train", "crf", "--data", "train.txt", "--test", "test.txt", "--l2", "0.1", "--out", "r", "-q")
	o := call(t.Context(), "predict", "r", "--in", "test.txt")
	if o.out != "a DT B-NP B-NP\ndog NN I-NP I-NP\nsleeps VB B-VP B-VP\n\n" || !strings.Contains(o.err, "chunk F1 100.00 %") {
		t.Errorf("got %s%s", o.out, o.err)
	}
	if o := must(t, "eval", "r"); !strings.Contains(o.out, "chunk F1   100 %; of 2 chunks in 1 test sentences") {
		t.Errorf("got %s", o.out)
	}
	writeText(t, "bad.txt", "one two\nthree\n")
	writeText(t, "f.txt", "U:%x[0,7]\nB\n")
	for _, w := range []wrong{
		{"sample r", exitFailed, []string{"which draws nothing new; use elbo predict r --in FILE"}},
		{"predict r --in bad.txt", exitFailed, []string{"bad.txt", "line 2: columns: got 1, want 2"}},
		{"train crf --data bad.txt", exitFailed, []string{"bad.txt", "line 2"}},
		{"train crf --data train.txt --templates f.txt", exitFailed, []string{"f.txt: got a template of column 7, want one below 2"}},
		{"train crf --data train.txt --l2 -1", exitUsage, []string{`l2: got "-1", want a number from 0`}},
		{"train lda --data bad.txt --topics 2", exitFailed, []string{"got no word", "lower --min-docs"}},
		{"train lda --data train.txt --format lda-c", exitFailed, []string{"train.txt", "line 1: head"}},
		{"train lda --topics 0", exitUsage, []string{`topics: got "0"`}},
		{"train lda --method best", exitUsage, []string{"want one of batch, svi, online, gibbs"}},
		{"train lda --alpha 0.001 --learn-alpha symmetric", exitUsage, []string{"alpha: got 0.001, want at least 0.005 to begin to learn it"}},
		{"train lda --method svi --forgetting 0.5", exitUsage, []string{"forgetting"}},
		{"train lda --vocab none.txt --data bad.txt", exitFailed, []string{"none.txt"}},
	} {
		w.check(t, ".")
	}
}
