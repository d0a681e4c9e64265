package plot

import (
	"strings"
	"testing"
)

func TestFitKeepsWhatFitsAndMarksWhatItCuts(t *testing.T) {
	long := strings.Repeat("wide words ", 30)
	for _, limit := range []float64{0, 20, 57, 200, 333, 1e4} {
		got := labelType.fit(long, limit)
		if limit >= 20 && labelType.width(got) > limit {
			t.Errorf("limit %v: %q is %v wide", limit, got, labelType.width(got))
		}
		if cut := got != strings.TrimSpace(long); cut != strings.HasSuffix(got, "…") {
			t.Errorf("limit %v: %q: the ellipsis does not tell whether it was cut", limit, got)
		}
		if whole := strings.TrimSuffix(got, "…"); !strings.HasPrefix(long, whole) {
			t.Errorf("limit %v: %q is no beginning of the text", limit, got)
		}
		if limit >= 57 && limit < 1e4 && labelType.width(got) < limit-30 {
			t.Errorf("limit %v: %q is only %v wide", limit, got, labelType.width(got))
		}
	}
}

func TestOneLineTamesAnyString(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{" plain β ≤ 1 ", "plain β ≤ 1"},
		{"a\nb\tc\x00d", "a b c d"},
		{"left\u202eright\u200b", "leftright"},
		{"漢字", "□□"},
		{"bad \xff byte", "bad □ byte"},
		{strings.Repeat("x", 1000), strings.Repeat("x", 400)},
		{"\n\t ", ""},
	} {
		if got := oneLine(c.in); got != c.want {
			t.Errorf("oneLine(%q): got %q, want %q", c.in, got, c.want)
		}
	}
}

// The width of the words is what the sheet inks, so layouts can rely on it.
func TestWidthIsWhatIsDrawn(t *testing.T) {
	s, err := newSheet("test", 400, 100)
	if err != nil {
		t.Fatal(err)
	}
	const txt = "HxxxH"
	s.text(100, 50, txt, titleType, left)
	box, n := extent(s.pix, s.pix.Bounds(), ink)
	if n == 0 {
		t.Fatal("nothing was drawn")
	}
	near(t, "width in device pixels", float64(box.Dx()), titleType.width(txt)*density, 8) // side bearings
	near(t, "left edge", float64(box.Min.X), 200, 6)
	near(t, "vertical middle of the capitals", float64(box.Min.Y+box.Max.Y)/2, 100, 1.5)
	near(t, "height of the capitals", float64(box.Dy()), titleSize*capHeight*density, 2)
}

func TestUprightTextReadsUpwards(t *testing.T) {
	s, err := newSheet("test", 100, 400)
	if err != nil {
		t.Fatal(err)
	}
	s.upright(50, 300, "HxxxH", titleType, left)
	box, _ := extent(s.pix, s.pix.Bounds(), ink)
	near(t, "start", float64(box.Max.Y), 600, 6)
	near(t, "end", float64(box.Min.Y), 600-titleType.width("HxxxH")*density, 6)
	near(t, "middle", float64(box.Min.X+box.Max.X)/2, 100, 1.5)
}
