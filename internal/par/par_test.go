package par

import (
	"runtime"
	"testing"
)

func TestEachCallsEveryIndexOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	for _, n := range []int{0, 1, 2, 3, 1000} {
		calls := make([]int, n)
		Each(n, func(i int) { calls[i]++ })
		for i, c := range calls {
			if c != 1 {
				t.Errorf("of %d: got %d calls of %d, want one", n, c, i)
			}
		}
	}
}

// Calls overlap where there are processors: each of two waits for the other.
func TestCallsOverlap(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	meet := make(chan int)
	Each(2, func(i int) {
		if i == 0 {
			meet <- i
		} else {
			<-meet
		}
	})
}
