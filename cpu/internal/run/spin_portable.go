//go:build !amd64 || noasm

package run

import "sync/atomic"

// spin looks n ≥ 1 times whether the word has reached a number.
func spin(word *atomic.Uint32, want uint32, n int) bool {
	for range n {
		if reached(word, want) {
			return true
		}
	}
	return false
}
