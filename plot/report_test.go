package plot

import (
	"bytes"
	"encoding/base64"
	"io"
	"regexp"
	"strings"
	"testing"
)

func reportText(t *testing.T, spec ReportSpec) string {
	t.Helper()
	return string(encode(t, func(w io.Writer) error { return Report(w, spec) }))
}

// smallPNG is a picture of 80×80 device pixels and more.
func smallPNG(t *testing.T) []byte {
	t.Helper()
	return encode(t, func(w io.Writer) error { return Grid(w, ramps(1, 2, 2, 1), []int{2, 2}, 1, GridOptions{Scale: 4}) })
}

// fullReport fills every field with txt.
func fullReport(t *testing.T, txt string) ReportSpec {
	set := []Setting{{Name: txt, Value: txt}}
	return ReportSpec{
		Title: txt, Verdict: txt, Command: txt, Config: set, Environment: set,
		Figures:  []KeyFigure{{Name: txt, Value: txt, Unit: txt, Note: txt}},
		Warnings: []Warning{{Name: txt, Text: txt, Remedy: txt}},
		Sections: []ReportSection{
			{Title: txt, Text: txt, Pictures: []Picture{{PNG: smallPNG(t), Caption: txt}, {PNG: smallPNG(t), Caption: txt, Half: true}}},
			{Title: txt},
		},
	}
}

func TestReportShowsEverythingItIsGiven(t *testing.T) {
	spec := ReportSpec{
		Title: "run seven", Verdict: "it went well", Command: "elbo train vae --seed 7",
		Figures:     []KeyFigure{{"ELBO", "−101.25", "nats", "on validation data"}},
		Warnings:    []Warning{{"posterior collapse", "twelve dimensions are idle", "warm the KL up"}},
		Sections:    []ReportSection{{Title: "Training", Text: "by epoch", Pictures: []Picture{{PNG: smallPNG(t), Caption: "the bound"}}}},
		Config:      []Setting{{"latent", "32"}},
		Environment: []Setting{{"go", "go1.26"}},
	}
	page := reportText(t, spec)
	last := 0
	for _, want := range []string{"<title>run seven", "<h1>run seven", "it went well", "posterior collapse", "twelve dimensions", "warm the KL up",
		"ELBO", "−101.25", "nats", "on validation data", "Training", "by epoch", "the bound", "elbo train vae --seed 7", "latent", "32", "go1.26"} {
		at := strings.Index(page[last:], want)
		if at < 0 {
			t.Errorf("%q is missing after byte %d", want, last)
			continue
		}
		last += at
	}
	if page != reportText(t, spec) {
		t.Error("the same report came out differently")
	}
}

func TestReportEmbedsPicturesAtTheirSize(t *testing.T) {
	data := smallPNG(t)
	page := reportText(t, ReportSpec{Title: "T", Sections: []ReportSection{{Pictures: []Picture{{PNG: data, Caption: "c"}}}}})
	m := regexp.MustCompile(`src="data:image/png;base64,([^"]*)" width="(\d+)" height="(\d+)" alt="c"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("no picture as a data URI with its size")
	}
	got, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(m[1], "&#43;", "+"))
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("the picture did not survive: %v", err)
	}
	if m[2] != "44" || m[3] != "44" { // margins of 20 and a tile of 4 CSS pixels
		t.Errorf("size: got %s×%s, want 44×44", m[2], m[3])
	}
}

func TestReportEscapesHostileText(t *testing.T) {
	for _, evil := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'-alert(1)-'`, `</style><script>x</script>`,
		`</title><script>x</script>`, `javascript:alert(1)`, `<svg/onload=alert(1)>`, `{{.Title}}`, "\x00<b>", `https://example.org/<a href="https://example.org">`,
	} {
		page := reportText(t, fullReport(t, evil))
		clean := reportText(t, fullReport(t, "harmless"))
		if got, want := tags(page), tags(clean); got != want {
			t.Errorf("%q changed the structure of the page:\n%s\nwant\n%s", evil, got, want)
		}
	}
}

// tags lists the elements of a page with the names of their attributes.
func tags(page string) string {
	text := regexp.MustCompile(`"[^"]*"`).ReplaceAllString(page, `""`)
	return strings.Join(regexp.MustCompile(`</?[a-zA-Z!][^>]*>`).FindAllString(text, -1), "\n")
}

func TestReportLoadsNothing(t *testing.T) {
	page := reportText(t, fullReport(t, "plain"))
	for _, never := range []string{"http://", "https://", "<script", "<link", "<iframe", "<object", "@import", "url(", " on", " style="} {
		if strings.Contains(strings.ToLower(tags(page)+reportCSS), never) {
			t.Errorf("the page contains %q", never)
		}
	}
	hostilePage := reportText(t, fullReport(t, "https://example.org/x.png"))
	for _, m := range regexp.MustCompile(`(?:src|href|action|data|poster|srcset)="([^"]*)"`).FindAllStringSubmatch(hostilePage, -1) {
		if !strings.HasPrefix(m[1], "data:image/png;base64,") && !regexp.MustCompile(`^#s\d+$`).MatchString(m[1]) {
			t.Errorf("the page refers to %q", m[1])
		}
	}
}

// The policy admits the one style sheet by its hash, and only inline pictures besides.
func TestReportPolicyMatchesItsStyle(t *testing.T) {
	page := reportText(t, ReportSpec{Title: "T"})
	m := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("no policy")
	}
	policy := strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(m[1])
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(page)
	if style == nil || style[1] != reportCSS {
		t.Fatal("the style sheet was changed on its way into the page, so that its hash is wrong")
	}
	want := "default-src 'none'; img-src data:; style-src '" + styleHash(style[1]) + "'; base-uri 'none'; form-action 'none'"
	if policy != want {
		t.Errorf("policy: got %q, want %q", policy, want)
	}
	for _, rule := range []string{"prefers-color-scheme: dark", "max-width: 560px", "min-width: 860px"} {
		if !strings.Contains(reportCSS, rule) {
			t.Errorf("the style sheet has no rule for %q", rule)
		}
	}
}

func TestReportLeavesOutWhatIsEmpty(t *testing.T) {
	page := reportText(t, ReportSpec{Title: "only a title"})
	for _, never := range []string{"<table", "<h2", "<figure", "<nav", "<pre", "warning\""} {
		if strings.Contains(page, never) {
			t.Errorf("an empty report contains %q", never)
		}
	}
}

func TestReportRefusesBadInput(t *testing.T) {
	bad := func(spec ReportSpec) drawing { return func(w io.Writer) error { return Report(w, spec) } }
	fails(t, bad(ReportSpec{}), "Report", "title")
	fails(t, bad(ReportSpec{Title: " \n"}), "title")
	section := func(data []byte) ReportSpec {
		return ReportSpec{Title: "T", Sections: []ReportSection{{Title: "S", Pictures: []Picture{{PNG: data}}}}}
	}
	fails(t, bad(section(nil)), `section "S", picture 0`, "0 bytes that are no PNG")
	fails(t, bad(section([]byte("<svg onload=alert(1)>"))), "no PNG")
	fails(t, bad(section(make([]byte, maxReportImage+1))), "size")
	if err := Report(brokenWriter{}, ReportSpec{Title: "T"}); err == nil {
		t.Error("a writer that fails: got no error")
	}
}

func TestReportLinksLeadToItsSections(t *testing.T) {
	var sections []ReportSection
	for _, name := range []string{"Training", "Latent space", "Images"} {
		sections = append(sections, ReportSection{Title: name, Pictures: []Picture{{PNG: smallPNG(t)}}})
	}
	page := reportText(t, ReportSpec{Title: "T", Sections: sections})
	links := regexp.MustCompile(`<a href="#([^"]*)">([^<]*)</a>`).FindAllStringSubmatch(page, -1)
	if len(links) != 3 {
		t.Fatalf("got %d links, want 3", len(links))
	}
	for i, m := range links {
		if m[2] != sections[i].Title || !strings.Contains(page, `<section id="`+m[1]+`">`) {
			t.Errorf("link %d: %q to %q leads nowhere", i, m[2], m[1])
		}
	}
}

func TestReportPlacesPicturesByTheirWidth(t *testing.T) {
	wide := encode(t, func(w io.Writer) error { return Curves(w, CurvesSpec{Series: []Series{{Y: []float64{1, 2}}}}) })
	page := reportText(t, ReportSpec{Title: "T", Sections: []ReportSection{{Pictures: []Picture{
		{PNG: wide, Caption: "chart"}, {PNG: smallPNG(t), Caption: "small", Half: true},
	}}}})
	if !regexp.MustCompile(`<figure>\s*<div class="paper"><img class="wide" [^>]*alt="chart"`).MatchString(page) {
		t.Error("the chart is not marked to scroll on narrow screens")
	}
	if !regexp.MustCompile(`<figure class="half">\s*<div class="paper"><img src[^>]*alt="small"`).MatchString(page) {
		t.Error("the small picture does not share its row")
	}
	if open, closed := strings.Count(page, "<section"), strings.Count(page, "</section>"); open != closed {
		t.Errorf("sections: %d opened, %d closed", open, closed)
	}
}
