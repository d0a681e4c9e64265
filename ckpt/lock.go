package ckpt

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// takeLock locks the lock file of a folder and writes this process's number into it.
func takeLock(root *os.Root) (*os.File, error) {
	f, err := root.OpenFile(nameLock.s, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	taken, err := flock(f)
	if err == nil && !taken {
		err = inUse(f)
	}
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// inUse names the holder of a lock file, as far as it can be read.
func inUse(f *os.File) error {
	data, err := io.ReadAll(io.LimitReader(f, 32))
	if pid, perr := strconv.Atoi(strings.TrimSpace(string(data))); err == nil && perr == nil {
		return fmt.Errorf("%w by pid %d", ErrInUse, pid)
	}
	return fmt.Errorf("%w by another process", ErrInUse)
}
