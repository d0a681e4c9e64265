package ckpt

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNamesAreOnePathElement(t *testing.T) {
	for _, good := range []string{"a", "last", "step-000000000010", "model.safetensors", "A_b-9", "com", "comet", "nul1", strings.Repeat("x", 128)} {
		n, err := ParseName(good)
		if err != nil || n.String() != good || !filepath.IsLocal(n.String()) {
			t.Errorf("%q: got %v, want it accepted", good, err)
		}
	}
	for _, bad := range []string{
		"", ".", "..", "...", "../x", "..\\x", "a/b", "a\\b", "/etc/passwd", "C:", "c:x", "//x", "x/", "./x", "a/../../x",
		"%2e%2e", "..%2fx", "a\x00b", "\x00", "é", "a b", "a\n", "~", "$HOME", "*", "a:b", ".hidden", "x.",
		"con", "NUL", "nul.txt", "Com1", "lpt9.json", "aux.tar.gz", strings.Repeat("x", 129),
		"\xff", "\u2024\u2024/x", "\u2215x", "a\u202eb", "-\u0000",
	} {
		n, err := ParseName(bad)
		if err == nil || n != (Name{}) {
			t.Errorf("%q: got it accepted, want an error", bad)
		} else if msg := err.Error(); !strings.HasPrefix(msg, "ckpt: name: got ") || len(msg) > 200 || strings.ContainsAny(msg, "\x00\n") || !utf8.ValidString(msg) {
			t.Errorf("%q: got %q, want a short clean text", bad, msg)
		}
	}
}

func TestFixedNamesParse(t *testing.T) {
	for _, n := range append([]Name{nameLock, nameLast, nameBest, nameManifest, stepName(1<<62, 99)}, contentNames...) {
		if again, err := ParseName(n.s); err != nil || again != n {
			t.Errorf("%s: got %v, want a valid name", n, err)
		}
	}
}

func TestStepNames(t *testing.T) {
	for _, c := range []struct {
		step int64
		rev  int
		want string
	}{{0, 0, "step-000000000000"}, {10, 0, "step-000000000010"}, {10, 3, "step-000000000010.r3"}, {1234567890123, 0, "step-1234567890123"}} {
		if got := stepName(c.step, c.rev).s; got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
		step, rev, ok := parseStepName(c.want)
		if step != c.step || rev != c.rev || !ok {
			t.Errorf("%s: got %d, %d, %v", c.want, step, rev, ok)
		}
	}
	for _, bad := range []string{"", "step-", "step-1", "step-0000000000010", "step-000000000010.r0", "step-000000000010.r01", "step-000000000010.tmp-new", "step-00000000001x", " step-000000000010", "step-99999999999999999999"} {
		if _, _, ok := parseStepName(bad); ok {
			t.Errorf("%q: got it accepted, want it refused", bad)
		}
	}
}
