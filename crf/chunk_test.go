package crf

import (
	"reflect"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

func TestChunksBeginAndEndAsTheSharedTaskCounts(t *testing.T) {
	for labels, want := range map[string][]chunk{
		"O O":                  nil,
		"B-NP I-NP O B-VP":     {{0, 2, "NP"}, {3, 4, "VP"}},
		"B-NP B-NP":            {{0, 1, "NP"}, {1, 2, "NP"}},
		"I-NP I-NP O I-NP":     {{0, 2, "NP"}, {3, 4, "NP"}}, // I begins where nothing is open
		"B-NP I-VP I-VP":       {{0, 1, "NP"}, {1, 3, "VP"}}, // and where the type changes
		"B-NP E-NP I-NP":       {{0, 2, "NP"}, {2, 3, "NP"}},
		"S-NP S-NP E-NP":       {{0, 1, "NP"}, {1, 2, "NP"}, {2, 3, "NP"}},
		"B-A-B I-A-B":          {{0, 2, "A-B"}},
		"B I O B":              {{0, 2, ""}, {3, 4, ""}},
		"noun noun verb O":     {{0, 2, "noun"}, {2, 3, "verb"}},
		"O B-NP I-NP I-NP O O": {{1, 4, "NP"}},
	} {
		if got := chunksOf(strings.Fields(labels)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", labels, got, want)
		}
	}
}

// TestScoresOfChunksAreCountedByHand: of 3 chunks one is found whole, one of the wrong type, one short.
func TestScoresOfChunksAreCountedByHand(t *testing.T) {
	gold := [][]string{strings.Fields("B-NP I-NP B-VP O"), strings.Fields("B-NP I-NP")}
	got := [][]string{strings.Fields("B-NP I-NP B-PP O"), strings.Fields("B-NP O")}
	s, err := ScoreChunks(gold, got)
	if err != nil {
		t.Fatal(err)
	}
	want := ChunkScore{Count{3, 3, 1}, 6, 4, map[string]Count{"NP": {2, 2, 1}, "VP": {1, 0, 0}, "PP": {0, 1, 0}}}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got %+v, want %+v", s, want)
	}
	tk.Close(t, "precision", s.Precision(), 1./3, 1e-15)
	tk.Close(t, "recall", s.Recall(), 1./3, 1e-15)
	tk.Close(t, "F1", s.F1(), 1./3, 1e-15)
	tk.Close(t, "F1 of NP", s.ByType["NP"].F1(), .5, 1e-15)
	tk.Close(t, "F1 of nothing", Count{}.F1(), 0, 0)
	tk.Close(t, "accuracy", s.Accuracy(), 4./6, 1e-15)
	if types := s.Types(); !reflect.DeepEqual(types, []string{"NP", "PP", "VP"}) {
		t.Errorf("got types %v", types)
	}
}

// TestTheBaselineOfTheSharedTaskIsReproduced: the most frequent chunk label of each part of speech
// has precision 72.58, recall 82.14 and F 77.07 (Tjong Kim Sang & Buchholz 2000, table 2).
func TestTheBaselineOfTheSharedTaskIsReproduced(t *testing.T) {
	train, test := conll(t, "train.txt.gz"), conll(t, "test.txt.gz")
	count := map[string]map[string]int{}
	for _, s := range train {
		for i, row := range s.Rows {
			if count[row[1]] == nil {
				count[row[1]] = map[string]int{}
			}
			count[row[1]][s.Labels[i]]++
		}
	}
	best := map[string]string{}
	for pos, labels := range count {
		for y, n := range labels {
			if m := labels[best[pos]]; n > m || n == m && y < best[pos] {
				best[pos] = y
			}
		}
	}
	var got [][]string
	for _, s := range test {
		var y []string
		for _, row := range s.Rows {
			label, ok := best[row[1]]
			if !ok {
				label = "O"
			}
			y = append(y, label)
		}
		got = append(got, y)
	}
	s, err := ScoreChunks(labelsIn(test), got)
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "precision", 100*s.Precision(), 72.58, .005)
	tk.Close(t, "recall", 100*s.Recall(), 82.14, .005)
	tk.Close(t, "F1", 100*s.F1(), 77.07, .005)
	if s.Gold != 23852 || s.Tokens != 47377 {
		t.Errorf("got %d chunks in %d tokens, want 23852 in 47377", s.Gold, s.Tokens)
	}
}

func TestLabellingsThatDoNotFitAreNamed(t *testing.T) {
	for want, got := range map[string][][]string{
		"sequences: got 2, want 1":          {{"O"}, {"O"}},
		"sequence 0: labels: got 2, want 1": {{"O", "O"}},
	} {
		if _, err := ScoreChunks([][]string{{"O"}}, got); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
