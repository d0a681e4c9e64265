package house

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A word is a pattern that no file may hold, with the reason. Patterns are put together from
// pieces so that this file does not hold them either.
type word struct {
	re  *regexp.Regexp
	why string
}

var words = []word{
	{regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`), "unfinished work"},
	{regexp.MustCompile(`(?i)\bnot (yet )?` + `implemented\b`), "unfinished work"},
	{regexp.MustCompile(`(?i)\b(issue|issues|ticket|PR|pull request) ?#?[0-9]+\b`), "a tracker's number"},
	{regexp.MustCompile(`(?i)\b(fix(es|ed)?|close[sd]?|resolve[sd]?|see|refs?|gh)[ -]#[0-9]+\b`), "a tracker's number"},
	{regexp.MustCompile(`(?i)\b(this|another|other|earlier|later|next|previous|last|our|each|one) (working )?(sess` + `ion|ag` + `ent)s?\b`), "how the project is made"},
	{regexp.MustCompile(`/wo` + `rk/`), "a path of one machine"},
	{regexp.MustCompile(`(^|[^\w.])/ro` + `ot/`), "a path of one machine"},
	{regexp.MustCompile(`/ho` + `me/[a-z]`), "a path of one machine"},
	{regexp.MustCompile(`(?i)\b(pro` + `xy|regi` + `stry|mir` + `ror|s` + `um)\.[a-z0-9-]+\.(org|io|com|net|dev|local|internal|example)\b`), "a registry's host"},
}

// isText reports whether the gate reads the file: hand-written text of a moderate size.
func isText(rel string) bool {
	switch path.Base(rel) {
	case "Makefile", "run", "NOTICE":
		return true
	case "go.sum":
		return false
	}
	if strings.Contains(rel, ".min.") || strings.HasPrefix(rel, "docs/results/") || strings.Contains(rel, "/testdata/fuzz/") {
		return false
	}
	return slices.Contains([]string{".go", ".s", ".md", ".mod", ".sh", ".py", ".html", ".css", ".js", ".yml", ".yaml"}, path.Ext(rel))
}

// checkWords lists the lines that hold a forbidden word.
func checkWords(rel string, text []byte) (bad []string) {
	n := 0
	for line := range bytes.Lines(text) {
		n++
		for _, w := range words {
			if m := w.re.Find(line); m != nil {
				bad = append(bad, fmt.Sprintf("%s:%d: got %q (%s)", rel, n, m, w.why))
			}
		}
	}
	return bad
}

func TestFilesHoldNoForbiddenWords(t *testing.T) {
	root, files, bad := theRoot(t), 0, []string(nil)
	err := walkFiles(root, func(rel string) error {
		if !isText(rel) {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, rel))
		if err != nil {
			return err
		}
		files++
		bad = append(bad, checkWords(rel, text)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	report(t, bad, "files read %d, forbidden words %d", files, len(bad))
}

func TestForbiddenWordsAreNoticed(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"// TO" + "DO: later", "unfinished"},
		{"// FIX" + "ME", "unfinished"},
		{"errors.New(\"Not imple" + "mented\")", "unfinished"},
		{"as in issue #" + "12", "tracker"},
		{"fixes #" + "3", "tracker"},
		{"written in an earlier sess" + "ion", "how the project is made"},
		{"see /wo" + "rk/x", "machine"},
		{"in /ro" + "ot/go", "machine"},
		{"in /ho" + "me/me", "machine"},
		{"from pro" + "xy.example.org", "registry"},
		{"an in-process proxy. It drops packets", ""},
		{"proxy.go", ""},
		{"a session of the server ends with its connection", ""},
		{"compute.ErrNotImplemented", ""},
		{"mktemp XXXXXX", ""},
		{"the framework/graph", ""},
		{"under dir/root/a", ""},
	} {
		wantReport(t, checkWords("f.go", []byte("package p\n"+c.text+"\n")), c.want)
	}
	for name, want := range map[string]bool{"a/b.go": true, ".ci/run": true, "docs/x.md": true, "go.sum": false, "w/uplot.min.js": false, "p.png": false} {
		if got := isText(name); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}
