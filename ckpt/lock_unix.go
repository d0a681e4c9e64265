//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package ckpt

import (
	"errors"
	"os"
	"syscall"
)

// flock takes the exclusive lock of a file, which the kernel gives back when the process ends.
func flock(f *os.File) (taken bool, err error) {
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
