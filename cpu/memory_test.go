package cpu

import (
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// TestSizeClassesHoldWhatTheyAreFor: a piece is at least as large as asked for and at most a
// quarter larger, from a cache line on; larger requests have the same class or a later one.
func TestSizeClassesHoldWhatTheyAreFor(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(0, 1<<40).Draw(r, "n")
		more := n + rapid.IntRange(0, 1<<20).Draw(r, "more")
		c, size := class(n)
		if size < n || size > max(64, n+n/4) || c < 0 || c >= classes {
			t.Fatalf("%d bytes: got class %d of %d bytes", n, c, size)
		}
		d, larger := class(more)
		if d < c || larger < size || (d == c) != (larger == size) {
			t.Fatalf("%d and %d bytes: got classes %d and %d of %d and %d bytes", n, more, c, d, size, larger)
		}
	})
}

// TestIdleMemoryIsBounded: what is beyond the limit is not kept.
func TestIdleMemoryIsBounded(t *testing.T) {
	var m memory
	var words [8]uint64
	piece := unsafe.Pointer(&words)
	for range 5 {
		m.give(piece, idleLimit/4) // never used: take only hands it out
	}
	if m.idle != idleLimit {
		t.Errorf("got %d idle bytes, want %d", m.idle, idleLimit)
	}
	if m.take(idleLimit/4) != piece || m.idle != idleLimit*3/4 {
		t.Errorf("got %d idle bytes after one was taken", m.idle)
	}
	m.giveHandle(new(Buffer))
	m.clear()
	if m.idle != 0 || len(m.handles) != 0 {
		t.Error("something is left after clear")
	}
}
