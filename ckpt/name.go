package ckpt

import (
	"fmt"
	"path"
	"strings"
)

// Name is the name of one file or folder: a single path element that means the same on every
// system. ParseName is the only way to one, and Names are the only way to a path.
type Name struct{ s string }

// maxName is the length that every file system takes, with room for a temporary suffix.
const maxName = 128

// ParseName accepts ASCII letters, digits, '.', '_' and '-', up to 128 of them, that do not start
// or end with a dot, and refuses the device names of Windows.
func ParseName(s string) (Name, error) {
	bad := func(want string) (Name, error) {
		return Name{}, fmt.Errorf("ckpt: name: got %s, want %s", quote(s), want)
	}
	if s == "" || len(s) > maxName {
		return bad(fmt.Sprintf("1 to %d characters", maxName))
	}
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-') {
			return bad("letters, digits, '.', '_' and '-'")
		}
	}
	if s[0] == '.' || s[len(s)-1] == '.' {
		return bad("no dot at the start or end")
	}
	stem, _, _ := strings.Cut(strings.ToLower(s), ".")
	switch {
	case stem == "con", stem == "prn", stem == "aux", stem == "nul",
		len(stem) == 4 && (stem[:3] == "com" || stem[:3] == "lpt") && '0' <= stem[3] && stem[3] <= '9':
		return bad("no device name")
	}
	return Name{s}, nil
}

// String returns the name as text.
func (n Name) String() string { return n.s }

// join makes a path below the checkpoint folder; without names it is the folder itself.
func join(names ...Name) string {
	p := "."
	for _, n := range names {
		p = path.Join(p, n.s)
	}
	return p
}

// The fixed names of a checkpoint folder.
var (
	nameLock      = Name{"lock"}
	nameLast      = Name{"last"}
	nameBest      = Name{"best"}
	nameManifest  = Name{"manifest.json"}
	nameModel     = Name{"model.safetensors"}
	nameOptimizer = Name{"optimizer.safetensors"}
	nameState     = Name{"state.json"}
)

// stepName names the folder of a step. A step that is saved again, after a run went back to an
// earlier one, gets a new folder with a revision, so that no saved file is ever changed.
func stepName(step int64, rev int) Name {
	if rev == 0 {
		return Name{fmt.Sprintf("step-%012d", step)}
	}
	return Name{fmt.Sprintf("step-%012d.r%d", step, rev)}
}

// parseStepName is the inverse of stepName.
func parseStepName(s string) (step int64, rev int, ok bool) {
	if n, _ := fmt.Sscanf(s, "step-%d.r%d", &step, &rev); n == 0 || step < 0 || rev < 0 {
		return 0, 0, false
	}
	return step, rev, stepName(step, rev).s == s
}
