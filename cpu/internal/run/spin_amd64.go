//go:build amd64 && !noasm

package run

import "sync/atomic"

// spin looks n ≥ 1 times, with a pause after each, whether the word has reached a number.
//
//go:noescape
func spin(word *atomic.Uint32, want uint32, n int) bool
