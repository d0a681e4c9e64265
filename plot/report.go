package plot

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page and its style travel inside the binary
	"encoding/base64"
	"fmt"
	"html/template"
	"image/png"
	"io"
)

// ReportSpec is the content of a report. Everything but the title may be empty.
type ReportSpec struct {
	// Title names the run, Verdict says in one line what came of it.
	Title, Verdict string
	// Figures are the key figures, most important first.
	Figures []KeyFigure
	// Warnings are what the reader has to know before trusting the figures.
	Warnings []Warning
	// Sections hold the pictures.
	Sections []ReportSection
	// Config is the resolved configuration, Environment the versions and the machine.
	Config, Environment []Setting
	// Command reproduces the run.
	Command string
}

// KeyFigure is one line of the table of key figures.
type KeyFigure struct {
	// Name says what was measured, Value is formatted by the caller, Unit is that of Value.
	Name, Value, Unit string
	// Note says how it was measured or what it is to be compared with.
	Note string
}

// Warning is a named finding with a way out.
type Warning struct {
	// Name is the finding in a few words, Text explains it, Remedy says what to do.
	Name, Text, Remedy string
}

// ReportSection is a headed group of pictures.
type ReportSection struct {
	// Title is the heading, Text an optional paragraph below it.
	Title, Text string
	// Pictures follow in order.
	Pictures []Picture
}

// Picture is one PNG with its caption.
type Picture struct {
	// PNG is the encoded picture, two device pixels per CSS pixel as all of this package.
	PNG []byte
	// Caption stands below the picture and describes it to readers who cannot see it.
	Caption string
	// Half lets the picture share its row with another on wide screens.
	Half bool
}

// Setting is one line of the configuration or environment.
type Setting struct {
	// Name and Value are shown as they are.
	Name, Value string
}

var (
	//go:embed report.css
	reportCSS string
	//go:embed report.html.tmpl
	reportHTML string

	reportPage = template.Must(template.New("report").Parse(reportHTML))
)

// maxReportImage bounds one picture of a report; browsers give up on far larger ones.
const maxReportImage = 32 << 20

// Report writes one self-contained HTML page: no script, no network, pictures inside, and
// a content security policy that forbids everything else. All text is escaped.
func Report(w io.Writer, spec ReportSpec) error {
	if oneLine(spec.Title) == "" {
		return fmt.Errorf("plot: Report: title: got none, want a name for the run")
	}
	page := reportData{ReportSpec: spec, Style: template.CSS(reportCSS), StyleHash: styleHash(reportCSS)}
	for i, sec := range spec.Sections {
		s := sectionData{ID: fmt.Sprintf("s%d", i+1), Title: sec.Title, Text: sec.Text}
		for j, p := range sec.Pictures {
			data, err := embedPicture(p)
			if err != nil {
				return fmt.Errorf("plot: Report: section %q, picture %d: %w", oneLine(sec.Title), j, err)
			}
			s.Pictures = append(s.Pictures, data)
		}
		page.Parts = append(page.Parts, s)
	}
	var buf bytes.Buffer // a failure leaves no half page behind
	if err := reportPage.Execute(&buf, page); err != nil {
		return fmt.Errorf("plot: Report: %w", err)
	}
	if _, err := w.Write(buf.Bytes()); err != nil {
		return fmt.Errorf("plot: writing the report: %w", err)
	}
	return nil
}

// reportData is what the template sees.
type reportData struct {
	ReportSpec
	Style     template.CSS
	StyleHash string
	Parts     []sectionData
}

type sectionData struct {
	ID, Title, Text string
	Pictures        []pictureData
}

type pictureData struct {
	Source        template.URL
	Caption       string
	Width, Height int // CSS pixels
	Half          bool
}

// Wide pictures scroll on narrow screens, where their text would become too small.
func (p pictureData) Wide() bool { return p.Width > 600 }

// embedPicture checks that p is a PNG and turns it into a data URI.
func embedPicture(p Picture) (pictureData, error) {
	if len(p.PNG) > maxReportImage {
		return pictureData{}, fmt.Errorf("size: got %d bytes, want at most %d", len(p.PNG), maxReportImage)
	}
	size, err := png.DecodeConfig(bytes.NewReader(p.PNG))
	if err != nil {
		return pictureData{}, fmt.Errorf("format: got %d bytes that are no PNG (%w), want a PNG", len(p.PNG), err)
	}
	return pictureData{
		Source:  template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(p.PNG)),
		Caption: p.Caption, Half: p.Half,
		Width: (size.Width + density - 1) / density, Height: (size.Height + density - 1) / density,
	}, nil
}

// styleHash is the source expression by which the policy admits the style sheet and no other.
func styleHash(css string) string {
	sum := sha256.Sum256([]byte(css))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
