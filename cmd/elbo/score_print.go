package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/atomicfile"
)

// scoreSummary is what `elbo score` reports besides the rows.
type scoreSummary struct {
	Rows   int           `json:"rows"`
	Scores []scoreResult `json:"scores"`
	Pixels *pixelResult  `json:"pixels,omitempty"`
	Maps   string        `json:"maps,omitempty"` // file of the maps
	File   string        `json:"file,omitempty"`
}

// scoreResult is what one score gave.
type scoreResult struct {
	Score       string          `json:"score"`
	Flagged     int             `json:"flagged"`
	Threshold   float64         `json:"threshold"`
	FPR         float64         `json:"fpr,omitempty"`         // that the threshold keeps
	Calibration int             `json:"calibration,omitempty"` // normal rows behind the threshold
	Source      string          `json:"source"`                // of the threshold
	Detection   *eval.Detection `json:"detection,omitempty"`   // of the positive classes
	Batches     *batchResult    `json:"batches,omitempty"`     // of --batch

	scores, p []float64 // of each row; p is nil without calibration
}

// batchResult holds the p-values of batches.
type batchResult struct {
	Rows int       `json:"rows"` // of a batch
	P    []float64 `json:"p"`    // of each batch, in the order of the rows
}

// print writes how many batches are off.
func (r *batchResult) print(b *strings.Builder) {
	off := 0
	for _, p := range r.P {
		if p <= .05 {
			off++
		}
	}
	fmt.Fprintf(b, "  %d of %d batches of %d %s have an untypical mean (p at most .05)\n", off, len(r.P), r.Rows, plural(r.Rows, "row"))
}

// report writes the rows to --out or the standard output, and the summary to the standard
// output or, where the rows are there, to the error stream.
func (f *scoreFlags) report(streams streams, input *data.Set, s *scoreSummary) error {
	if f.out == "" {
		if err := writeScores(streams.out, input, s.Scores, f.json); err != nil {
			return err
		}
		if f.quiet {
			return nil
		}
		_, err := io.WriteString(streams.err, s.text())
		return err
	}
	lines := strings.EqualFold(filepath.Ext(f.out), ".jsonl")
	err := atomicfile.WriteFile(f.out, func(w io.Writer) error { return writeScores(w, input, s.Scores, lines) })
	switch {
	case err != nil:
		return err
	case f.json:
		return json.NewEncoder(streams.out).Encode(s)
	case f.quiet:
		return nil
	}
	_, err = io.WriteString(streams.out, s.text())
	return err
}

// text is the summary for people.
func (s *scoreSummary) text() string {
	var b strings.Builder
	if s.File != "" {
		fmt.Fprintf(&b, "%s: %d %s\n", s.File, s.Rows, plural(s.Rows, "row"))
	}
	if s.Maps != "" {
		fmt.Fprintf(&b, "%s: maps of the strangest rows\n", s.Maps)
	}
	for i := range s.Scores {
		s.Scores[i].print(&b, s.Rows)
	}
	if p := s.Pixels; p != nil {
		fmt.Fprintf(&b, "pixels: AUROC %.4f of %s against masks, %d positive of %d\n", p.AUROC, p.Map, p.Positives, p.Pixels)
	}
	if d := s.detection(); d != nil {
		fmt.Fprintf(&b, "%g %% bootstrap intervals of %d stratified resamples; %d positive and %d negative rows; for research, not for clinical use\n", 100*d.Level, d.Resamples, d.Positives, d.Negatives)
	}
	return b.String()
}

// detection is that of the first score, which has the counts of all.
func (s *scoreSummary) detection() *eval.Detection {
	if len(s.Scores) == 0 {
		return nil
	}
	return s.Scores[0].Detection
}

// print writes the result of one score.
func (r *scoreResult) print(b *strings.Builder, rows int) {
	fmt.Fprintf(b, "%d of %d rows flagged (%.1f %%): score %s above %.4f, from %s",
		r.Flagged, rows, 100*float64(r.Flagged)/float64(rows), r.Score, r.Threshold, r.Source)
	if r.Calibration > 0 {
		fmt.Fprintf(b, " (n = %d, false positives at most %g %%)", r.Calibration, 100*r.FPR)
	}
	b.WriteString("\n")
	if d := r.Detection; d != nil {
		fmt.Fprintf(b, "  AUROC %s  AUPR %s  FPR at 95 %% %s  sensitivity at 5 %% false positives %s\n",
			interval(d.AUROC), interval(d.AUPR), interval(d.FPR95), interval(d.Sensitivity))
	}
	if r.Batches != nil {
		r.Batches.print(b)
	}
}

// interval writes a figure with its interval.
func interval(e eval.Bootstrapped) string {
	return fmt.Sprintf("%.4f [%.4f, %.4f]", e.Value, e.Lo, e.Hi)
}

// rowScore is a row's part in one score.
type rowScore struct {
	Score float64  `json:"score"`
	P     *float64 `json:"p,omitempty"`
	Flag  bool     `json:"flag"`
}

// scoredRow is one line of one score; scoredRows is one of several.
type scoredRow struct {
	Row int `json:"row"`
	rowScore
	Label string `json:"label,omitempty"`
}

type scoredRows struct {
	Row    int                 `json:"row"`
	Scores map[string]rowScore `json:"scores"`
	Label  string              `json:"label,omitempty"`
}

// of is the part of row i.
func (r *scoreResult) of(i int) rowScore {
	v := rowScore{Score: r.scores[i], Flag: r.scores[i] > r.Threshold}
	if r.p != nil {
		v.P = &r.p[i]
	}
	return v
}

// writeScores writes rows as CSV or JSON lines.
func writeScores(w io.Writer, input *data.Set, results []scoreResult, lines bool) error {
	if lines {
		return writeScoreLines(w, input, results)
	}
	cw := csv.NewWriter(w)
	head := []string{"row"}
	for _, r := range results {
		names := []string{"score", "p", "flag"}
		if len(results) > 1 {
			names = []string{r.Score, r.Score + " p", r.Score + " flag"}
		}
		head = append(head, names[0])
		if r.p != nil {
			head = append(head, names[1])
		}
		head = append(head, names[2])
	}
	if input.Labels != nil {
		head = append(head, "label")
	}
	if err := cw.Write(head); err != nil {
		return err
	}
	for i := range input.Len() {
		rec := []string{strconv.Itoa(i)}
		for k := range results {
			v := results[k].of(i)
			rec = append(rec, strconv.FormatFloat(v.Score, 'g', -1, 64))
			if v.P != nil {
				rec = append(rec, strconv.FormatFloat(*v.P, 'g', -1, 64))
			}
			rec = append(rec, strconv.FormatBool(v.Flag))
		}
		if input.Labels != nil {
			rec = append(rec, className(input, i))
		}
		if err := cw.Write(rec); err != nil {
			return err
		}
	}
	cw.Flush()
	return cw.Error()
}

// writeScoreLines writes rows as JSON lines.
func writeScoreLines(w io.Writer, input *data.Set, results []scoreResult) error {
	enc := json.NewEncoder(w)
	for i := range input.Len() {
		var line any = scoredRow{Row: i, rowScore: results[0].of(i), Label: className(input, i)}
		if len(results) > 1 {
			all := map[string]rowScore{}
			for k := range results {
				all[results[k].Score] = results[k].of(i)
			}
			line = scoredRows{Row: i, Scores: all, Label: className(input, i)}
		}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return nil
}
