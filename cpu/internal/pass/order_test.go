package pass

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// web is a random graph of groups, each reading some before it.
func web(r *rand.Rand, n int) *line {
	l := &line{}
	for i := range n {
		gr := &group{rank: i}
		for _, before := range l.groups {
			if r.IntN(n) < 3 {
				before.readers = append(before.readers, gr)
			}
		}
		l.groups = append(l.groups, gr)
	}
	return l
}

// reaches looks for a path that begins with a step from one group to another than to.
func reaches(from, to *group) bool {
	seen := map[*group]bool{from: true}
	var visit func(gr *group) bool
	visit = func(gr *group) bool {
		for _, next := range gr.readers {
			next = next.now()
			if next == to && gr != from {
				return true
			}
			if next != to && !seen[next] {
				seen[next] = true
				if visit(next) {
					return true
				}
			}
		}
		return false
	}
	return visit(from)
}

// standing lists the groups that have not gone, in the order of the line.
func standing(l *line) []*group {
	return slices.DeleteFunc(slices.Clone(l.groups), func(gr *group) bool { return gr == nil })
}

func TestTheLineFindsWhatLiesBetweenAndStaysInOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	joined, refused := 0, 0
	for range 300 {
		l := web(r, 3+r.IntN(40))
		for range 60 {
			all := standing(l)
			if len(all) < 2 {
				break
			}
			i := r.IntN(len(all) - 1)
			j := i + 1 + r.IntN(len(all)-i-1)
			first, last := all[i], all[j]
			got := l.between(first, last)
			if want := reaches(first, last); got != want {
				t.Fatalf("between ranks %d and %d: got %v, want %v", first.rank, last.rank, got, want)
			}
			if reaches(last, first) {
				t.Fatalf("a path leads from rank %d back to %d", last.rank, first.rank)
			}
			if got {
				refused++
				continue
			}
			joined++
			if r.IntN(2) == 0 {
				first, last = last, first
			}
			l.join(first, last)
			inOrder(t, l)
		}
	}
	if joined < 1000 || refused < 1000 {
		t.Errorf("got %d joined and %d refused, want 1000 of each", joined, refused)
	}
}

// inOrder checks that every group ranks before its readers, and at its place.
func inOrder(t *testing.T, l *line) {
	t.Helper()
	for i, gr := range l.groups {
		if gr == nil {
			continue
		}
		if gr.rank != i || gr.into != nil {
			t.Fatalf("place %d: got rank %d, joined %v", i, gr.rank, gr.into != nil)
		}
		for _, next := range gr.readers {
			if next.now() != gr && next.now().rank <= i {
				t.Fatalf("rank %d: got a reader of rank %d, want one behind", i, next.now().rank)
			}
		}
	}
}
