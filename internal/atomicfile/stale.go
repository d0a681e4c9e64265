package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

const tempMark = ".tmp-"

var (
	tempCount atomic.Int64
	tempLive  sync.Map // base names of the temporary files this process is writing
)

// newTemp names a temporary file beside name, NAME.tmp-PID-COUNT, and marks it as being written
// until release is called.
func newTemp(name string) (tmp string, release func()) {
	tmp = fmt.Sprintf("%s%s%d-%d", name, tempMark, os.Getpid(), tempCount.Add(1))
	base := path.Base(tmp)
	tempLive.Store(base, true)
	return tmp, func() { tempLive.Delete(base) }
}

// parseTemp takes a temporary file's name apart.
func parseTemp(name string) (target string, pid int, ok bool) {
	at := strings.LastIndex(name, tempMark)
	if at < 1 {
		return "", 0, false
	}
	p, n, found := strings.Cut(name[at+len(tempMark):], "-")
	pid, err := strconv.Atoi(p)
	if _, nerr := strconv.ParseUint(n, 10, 63); !found || err != nil || nerr != nil || pid <= 0 {
		return "", 0, false
	}
	return name[:at], pid, true
}

// Clean removes the temporary files that killed writers left in a folder. Those of a living
// process stay; process numbers are those of this host, so a folder shared between hosts must
// have one writer.
func Clean(fsys FS, dir string) error { return clean(fsys, dir, "") }

// clean is Clean for the temporary files of one target, or of all when target is empty.
func clean(fsys FS, dir, target string) error {
	list, err := fsys.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range list {
		of, pid, ok := parseTemp(e.Name())
		if !ok || e.IsDir() || target != "" && of != target || alive(e.Name(), pid) {
			continue
		}
		if err := fsys.Remove(path.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// alive tells whether the writer of a temporary file may still be at work. In a container a
// restarted program has the process number of the killed one, hence the list of live names.
func alive(name string, pid int) bool {
	if pid == os.Getpid() {
		_, ok := tempLive.Load(name)
		return ok
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer p.Release()
	return !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
