package data

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// series has the values 10t + column at time t.
func series(n, columns int, labels []int32) *Set {
	s := &Set{Name: "clock", Shape: []int{columns}, Labels: labels}
	for t := range n {
		for j := range columns {
			s.X = append(s.X, float32(10*t+j))
		}
	}
	for j := range columns {
		s.Columns = append(s.Columns, Column{Name: fmt.Sprintf("c%d", j), Scale: 2})
	}
	return s
}

// A window holds the points that follow its start, every point lies in one, and the last window ends
// with the series, for all small lengths and strides.
func TestWindowsHoldTheSeries(t *testing.T) {
	for n := 1; n <= 12; n++ {
		for columns := 1; columns <= 2; columns++ {
			for length := 1; length <= n; length++ {
				for stride := 1; stride <= 5; stride++ {
					s := series(n, columns, nil)
					w, starts, err := Windows(s, length, stride)
					if err != nil {
						t.Fatal(err)
					}
					held := make([]bool, n)
					for i, from := range starts {
						if i > 0 && (from <= starts[i-1] || from > starts[i-1]+stride) {
							t.Fatalf("starts %v, want them a stride of %d apart at most", starts, stride)
						}
						if !slices.Equal(w.Row(i), s.X[from*columns:(from+length)*columns]) {
							t.Fatalf("window %d from %d: got %v", i, from, w.Row(i))
						}
						for p := from; p < from+length; p++ {
							held[p] = true
						}
					}
					if stride <= length && slices.Contains(held, false) || !held[n-1] || w.Len() != len(starts) || w.Dim() != len(w.Columns) {
						t.Fatalf("%d points, length %d, stride %d: got starts %v and %d columns", n, length, stride, starts, len(w.Columns))
					}
				}
			}
		}
	}
}

func TestWindowsTakeTheLargestClassOfTheirPoints(t *testing.T) {
	s := series(6, 1, []int32{0, 0, 1, 0, 0, 0})
	s.Classes = []string{"normal", "strange"}
	w, _, err := Windows(s, 2, 1)
	if err != nil || !slices.Equal(w.Labels, []int32{0, 1, 1, 0, 0}) || !slices.Equal(w.Classes, s.Classes) {
		t.Errorf("got %v of %v (%v)", w.Labels, w.Classes, err)
	}
}

func TestWindowColumnsSayTimeAndColumn(t *testing.T) {
	w, _, err := Windows(series(5, 2, nil), 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range w.Columns {
		names = append(names, c.Name)
		if c.Scale != 2 {
			t.Errorf("column %s: got scale %v, want that of its series", c.Name, c.Scale)
		}
	}
	if got := strings.Join(names, ", "); got != "t0 c0, t0 c1, t1 c0, t1 c1" {
		t.Errorf("got %s", got)
	}
	bare := series(5, 1, nil)
	bare.Columns = nil
	if w, _, err = Windows(bare, 3, 1); err != nil || w.Columns[2].Name != "t2 x0" {
		t.Errorf("without names: got %v (%v)", w.Columns, err)
	}
}

func TestWindowsRefuseBadSizes(t *testing.T) {
	for _, c := range []struct {
		set            *Set
		length, stride int
		says           string
	}{
		{series(4, 1, nil), 0, 1, "length: got 0"},
		{series(4, 1, nil), 5, 1, "want 1 to 4"},
		{series(4, 1, nil), 2, 0, "stride: got 0"},
		{&Set{Shape: []int{1}}, 1, 1, "want 1 to 0"},
		{&Set{Shape: []int{2, 2}, X: make([]float32, 8)}, 1, 1, "shape [2 2]"},
	} {
		if _, _, err := Windows(c.set, c.length, c.stride); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("got %v, want an error with %q", err, c.says)
		}
	}
}
