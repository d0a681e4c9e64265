package forecast

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/elbo-go/elbo/bnn"
)

var updatePages = flag.Bool("update-pages", false, "write the golden texts of pages anew")

func TestFiguresFollowFromTheInput(t *testing.T) {
	numbers := []string{"observed.png", "calibration.png", "errors.png", "sources.png"}
	kinds := []string{"confusion.png", "reliability.png", "rejection.png", "entropy.png"}
	right := slices.DeleteFunc(slices.Clone(kinds), func(n string) bool { return n == "rejection.png" })
	with := func(names []string, more ...string) []string { return append(slices.Clone(names), more...) }
	noRows := Input{History: history("vi", 3)}
	noX, noHistory, noFunction := numberInput(20, 2), numberInput(20, 2), numberInput(20, 2)
	noX.X, noX.Columns, noX.At, noHistory.History, noFunction.At = nil, nil, nil, nil, nil
	for _, c := range []struct {
		name string
		in   Input
		want []string
	}{
		{"a curve", numberInput(40, 1), with(numbers, "curve.png", "learning.png")},
		{"a table", numberInput(40, 4), with(numbers, "intervals.png", "dependence.png", "learning.png")},
		{"no function", noFunction, with(numbers, "intervals.png", "learning.png")},
		{"no columns", noX, with(numbers, "intervals.png", "learning.png")},
		{"no history", noHistory, with(numbers, "intervals.png", "dependence.png")},
		{"no rows", noRows, []string{"learning.png"}},
		{"one row", numberInput(1, 3), with(numbers, "intervals.png", "learning.png")},
		{"one row of one column", numberInput(1, 1), with(numbers, "curve.png", "learning.png")},
		{"two classes", classInput(60, 2), with(kinds, "learning.png")},
		{"one right row of two classes", classInput(1, 2), with(right, "learning.png")},
		{"200 classes", classInput(250, 200), with(kinds, "learning.png")},
		{"too many for a matrix", classInput(3, 1300), []string{"entropy.png", "learning.png", "rejection.png", "reliability.png"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, names := written(t, c.in)
			if got, want := slices.Sorted(slices.Values(names)), slices.Sorted(slices.Values(c.want)); !slices.Equal(got, want) {
				t.Fatalf("got %v, want %v", got, want)
			}
			text := html.UnescapeString(page(t, dir))
			for _, n := range names {
				decoded(t, dir, n)
				raw, _ := os.ReadFile(filepath.Join(dir, "plots", n))
				if !strings.Contains(text, base64.StdEncoding.EncodeToString(raw)) {
					t.Errorf("%s is not in the report", n)
				}
			}
		})
	}
}

// Every picture that is drawn has a caption that teaches, and its charts have labels.
func TestEveryPictureSaysHowToReadIt(t *testing.T) {
	for _, in := range []Input{numberInput(80, 1), numberInput(80, 3), classInput(80, 3)} {
		s := sceneOf(t, in)
		for _, f := range figures {
			if !f.applies(s) {
				continue
			}
			p := charts(t, s, f.charts)
			if len(p.caption) < 150 || f.title == "" || f.section == "" {
				t.Errorf("%s: got title %q, section %q and caption %q", f.file, f.title, f.section, p.caption)
			}
			for i, c := range p.specs {
				if c.XLabel == "" || c.YLabel == "" || len(p.specs) > 1 && c.Title == "" && i > 0 {
					t.Errorf("%s: chart %d: got title %q and labels %q and %q", f.file, i, c.Title, c.XLabel, c.YLabel)
				}
			}
		}
	}
}

// Equal predictions, certain ones and equal entropies leave pictures.
func TestOddPredictionsLeavePictures(t *testing.T) {
	same := numberInput(50, 2)
	for i := range same.Predictions {
		same.Predictions[i] = normal(3, 1, .5)
	}
	certain := numberInput(50, 1)
	for i := range certain.Predictions {
		certain.Predictions[i] = normal(certain.Y[i], 0, 0)
	}
	certain.At = predictor(func([]float32) bnn.Prediction { return normal(1, 0, 0) }, nil)
	even := classInput(50, 2)
	sure := classInput(50, 2)
	for i := range even.Predictions {
		even.Predictions[i] = mixed([]float64{0, 0})
		sure.Predictions[i] = bnn.Prediction{Probs: []float64{1, 0}}
	}
	for name, in := range map[string]Input{"equal": same, "certain": certain, "even classes": even, "certain classes": sure} {
		t.Run(name, func(t *testing.T) {
			dir, names := written(t, in)
			for _, n := range names {
				decoded(t, dir, n)
			}
			if len(names) < 4 {
				t.Errorf("got %v", names)
			}
		})
	}
}

func TestEqualInputGivesEqualFiles(t *testing.T) {
	for _, make := range []func() Input{func() Input { return numberInput(300, 6) }, func() Input { return classInput(200, 5) }} {
		files := func() map[string][]byte {
			dir, names := written(t, make())
			out := map[string][]byte{}
			for _, n := range append(names, "../report.html") {
				raw, err := os.ReadFile(filepath.Join(dir, "plots", n))
				if err != nil {
					t.Fatal(err)
				}
				out[n] = raw
			}
			return out
		}
		first, second := files(), files()
		for n := range first {
			if !bytes.Equal(first[n], second[n]) {
				t.Errorf("%s: two reports of equal input differ", n)
			}
		}
	}
}

// 50,000 rows take seconds, not minutes, and a page that a browser opens at once. The limits are
// an order above what a quiet machine takes.
func TestManyRowsStayWithinBounds(t *testing.T) {
	if testing.Short() {
		t.Skip("50,000 rows take seconds")
	}
	for name, in := range map[string]Input{"numbers": numberInput(50_000, 3), "classes": classInput(50_000, 10)} {
		start := time.Now()
		dir, _ := written(t, in)
		took, size := time.Since(start), len(page(t, dir))
		t.Logf("%s: %v, a page of %d kB", name, took.Round(time.Millisecond), size>>10)
		if took > 60*time.Second || size > 6<<20 {
			t.Errorf("%s: took %v for %d bytes", name, took, size)
		}
	}
}

const evil = `<script>alert(1)</script>"'&`

// hostileInput has bad names everywhere.
func hostileInput(in Input) Input {
	long := evil + strings.Repeat("w", 1<<12) + "\x00\x1b[2J\u202e\U0001F600 漢字"
	in.Title, in.Target, in.Command = evil, long, long
	for j := range in.Columns {
		in.Columns[j] = fmt.Sprintf("%d%s", j, long)
	}
	for k := range in.Classes {
		in.Classes[k] = fmt.Sprintf("%d%s", k, long)
	}
	for i := range in.History {
		in.History[i].Phase = long
	}
	in.Figures, in.Config, in.Environment = [][2]string{{evil, evil}}, [][2]string{{evil, long}}, [][2]string{{long, evil}}
	in.Warnings = []string{evil + ": " + long, "", ": ", long}
	return in
}

func TestHostileNamesAreEscaped(t *testing.T) {
	for name, in := range map[string]Input{"curve": numberInput(30, 1), "table": numberInput(30, 3), "classes": classInput(30, 3)} {
		t.Run(name, func(t *testing.T) {
			dir, names := written(t, hostileInput(in))
			text := page(t, dir)
			if strings.Contains(text, "<script") {
				t.Error("the page holds a script")
			}
			if n := strings.Count(text, "&lt;script&gt;"); n < 10 {
				t.Errorf("escaped names: got %d, want title, verdict, figures, settings, command and warnings", n)
			}
			for _, n := range names {
				if img := decoded(t, dir, n); img.Bounds().Dx() > 3000 {
					t.Errorf("%s is %v wide", n, img.Bounds().Dx())
				}
			}
		})
	}
}

func TestCancelledWritesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := filepath.Join(t.TempDir(), "run")
	if _, err := Write(ctx, dir, numberInput(20, 2)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("something was written")
	}
	s, err := newScene(ctx, numberInput(20, 2))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.predict(s.X); !errors.Is(err, context.Canceled) {
		t.Errorf("asking for predictions: got %v, want %v", err, context.Canceled)
	}
}

func TestAFailingPictureLeavesNothing(t *testing.T) {
	in := numberInput(20, 2)
	in.At = func([][]float32) ([]bnn.Prediction, error) { return nil, errors.New("gone") }
	dir := filepath.Join(t.TempDir(), "run")
	_, err := Write(context.Background(), dir, in)
	fails(t, err, "figure dependence.png", "gone")
	if _, err := os.Stat(dir); err == nil {
		t.Error("something was written")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(context.Background(), file, numberInput(20, 2)); err == nil {
		t.Error("below a file: got no error, want one")
	}
}

var (
	tags   = regexp.MustCompile(`(?s)<style>.*?</style>|<(/?)(h1|h2|h3|p|tr|figcaption|section)[^>]*>|<[^>]+>`)
	blanks = regexp.MustCompile(`[ \t]*\n\s*`)
)

// words is the text of a page, a line for each paragraph.
func words(page string) string {
	text := tags.ReplaceAllStringFunc(page, func(tag string) string {
		if m := tags.FindStringSubmatch(tag); m[2] != "" {
			return "\n"
		}
		return " "
	})
	return strings.TrimSpace(blanks.ReplaceAllString(html.UnescapeString(text), "\n")) + "\n"
}

// The text of both kinds of page is as it was; -update-pages writes it anew.
func TestPagesReadAsTheyDid(t *testing.T) {
	table, kinds := numberInput(200, 3), classInput(200, 3)
	for _, in := range []*Input{&table, &kinds} {
		in.Figures = [][2]string{{"RMSE", "1.23"}, {"log-likelihood", "−2.5 nats a row"}}
		in.Warnings = []string{"intervals too narrow: they hold 80 % where 90 % are meant", "the loss still falls"}
		in.Config, in.Environment = [][2]string{{"method", "vi"}}, [][2]string{{"elbo", "1.0"}}
	}
	for name, in := range map[string]Input{"table": table, "classes": kinds} {
		dir, _ := written(t, in)
		got, file := words(page(t, dir)), filepath.Join("testdata", name+".txt")
		if *updatePages {
			if err := os.MkdirAll("testdata", 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
		}
	}
}
