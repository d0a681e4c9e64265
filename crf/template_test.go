package crf

import (
	"reflect"
	"strings"
	"testing"
)

func TestWindowsHoldEachCellOnce(t *testing.T) {
	want := []Template{
		{{3, -1}}, {{3, 0}}, {{3, 1}},
		{{3, -1}, {3, 0}}, {{3, 0}, {3, 1}},
		{{3, -1}, {3, 0}, {3, 1}},
	}
	if got := Window(3, 1, 2, 3); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := Chunking(); len(got) != 19 || !reflect.DeepEqual(got[5:7], []Template{{{0, -1}, {0, 0}}, {{0, 0}, {0, 1}}}) {
		t.Errorf("got %d templates for chunking, %v", len(got), got)
	}
}

func TestFeaturesSayWhatIsSeenAndHowFarBeyondTheEnds(t *testing.T) {
	rows := [][]string{{"a", "X"}, {"b", "Y"}}
	for _, c := range []struct {
		tpl  Template
		t    int
		want string
	}{
		{nil, 0, "4"},
		{Template{{0, 0}}, 1, "4|b"},
		{Template{{1, -1}, {0, 0}}, 1, "4|X|b"},
		{Template{{0, -2}}, 0, "4||-2"},
		{Template{{0, -2}}, 1, "4||-1"},
		{Template{{0, 1}, {1, 2}}, 1, "4||+1||+2"},
	} {
		got := string(appendFeature(nil, 4, c.tpl, rows, c.t))
		if want := strings.ReplaceAll(c.want, "|", "\x00"); got != want {
			t.Errorf("%v at %d: got %q, want %q", c.tpl, c.t, got, want)
		}
	}
}

// TestFeaturesBelowTheCutOffAreLeftOut, and the others keep their order.
func TestFeaturesBelowTheCutOffAreLeftOut(t *testing.T) {
	var data []Sequence
	for _, text := range []string{"a b", "b c a", "d b"} {
		s := Sequence{}
		for _, w := range strings.Fields(text) {
			s.Rows, s.Labels = append(s.Rows, []string{w}), append(s.Labels, "L"+w)
		}
		data = append(data, s)
	}
	e := newEncoder([]Template{{{0, 0}}, {}}, true)
	c, err := e.corpus("fit", data, indexOf(labelsOf(data)))
	if err != nil {
		t.Fatal(err)
	}
	e.cut(c, 2)
	if want := map[string]int32{"0\x00a": 0, "1": 1, "0\x00b": 2}; !reflect.DeepEqual(e.ids, want) {
		t.Errorf("got features %v, want %v", e.ids, want)
	}
	if want := (&corpus{[]int32{0, 2, 5, 7}, []int32{0, 2, 4, 6, 7, 9, 10, 12}, []int32{0, 1, 2, 1, 2, 1, 1, 0, 1, 1, 2, 1}, []int32{0, 1, 1, 2, 0, 3, 1}}); !reflect.DeepEqual(c, want) {
		t.Errorf("got %+v, want %+v", c, want)
	}
	l, err := pairsOf(c, 3, 4, false)
	if want := (&layout{4, []int32{0, 1, 5, 6}, []int32{0, 0, 1, 2, 3, 1}}); err != nil || !reflect.DeepEqual(l, want) {
		t.Errorf("got %+v, %v, want %+v", l, err, want)
	}
	if l, err = pairsOf(c, 3, 4, true); err != nil || len(l.label) != 12 || l.size() != 28 {
		t.Errorf("all pairs: got %+v, %v", l, err)
	}
	if _, err = pairsOf(&corpus{at: []int32{0}}, 1<<20, 1<<12, true); err == nil || !strings.Contains(err.Error(), "raise the cut-off") {
		t.Errorf("too many weights: got %v", err)
	}
}
