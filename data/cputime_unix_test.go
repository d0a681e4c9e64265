//go:build unix

package data

import (
	"syscall"
	"time"
)

// cpuTime returns the processor time that the test has used so far: unlike the time of day it
// does not depend on what else the machine does.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
