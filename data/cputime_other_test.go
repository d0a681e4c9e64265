//go:build !unix

package data

import "time"

var cpuStart = time.Now()

// cpuTime returns the time since the start, for lack of a processor clock.
func cpuTime() time.Duration { return time.Since(cpuStart) }
