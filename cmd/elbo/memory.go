package main

import (
	"os"
	"runtime/debug"
)

// garbage is the share of the live heap, in percent, that may pile up as garbage before it is
// collected. Nearly all that lives are the rows of the data, for the whole run: with Go's usual
// 100 the program would grow to twice the data. The rows hold no pointers, so that a collection
// takes about a millisecond whatever their number, and ten times as many are not felt.
const garbage = 10

// boundGarbage sets the share, unless the environment variable GOGC does.
func boundGarbage() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
}
