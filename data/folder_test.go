package data

import (
	"image/color"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSubFoldersAreClasses(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "dog/2.png", encodePNG(t, flat(2, 2, color.Gray{Y: 255})))
	put(t, dir, "dog/1.jpg", encodeJPEG(t, grayRamp(2, 2)))
	put(t, dir, "cat/1.png", encodePNG(t, grayRamp(2, 2)))
	put(t, dir, "cat/notes.txt", []byte("x"))
	put(t, dir, "empty/notes.txt", []byte("x"))
	put(t, dir, ".hidden/1.png", []byte("x"))
	set, rep, err := ReadFile(dir, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(set.Classes, []string{"cat", "dog"}) || !slices.Equal(set.Labels, []int32{0, 1, 1}) {
		t.Errorf("got labels %v of %v", set.Labels, set.Classes)
	}
	if !slices.Equal(set.Shape, []int{2, 2, 3}) || set.Row(2)[0] != 1 {
		t.Errorf("got shape %v and last row %v, want colour and a white image", set.Shape, set.Row(2))
	}
	if len(rep.Notes) != 1 || rep.Notes[0] != "2 other files were left out." {
		t.Errorf("got notes %v", rep.Notes)
	}
}

func TestAFolderOfGreyImagesIsGreyAndSorted(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"c.png", "a.png", "b.png"} {
		img := grayRamp(2, 2)
		img.Pix[0] = byte(51 * i)
		put(t, dir, name, encodePNG(t, img))
	}
	set, _, err := ReadFile(dir, ReadOptions{Standardize: true})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(set.Shape, []int{2, 2}) || set.Labels != nil || set.Classes != nil {
		t.Errorf("got shape %v and labels %v", set.Shape, set.Labels)
	}
	wantValues(t, []float32{set.Row(0)[0], set.Row(1)[0], set.Row(2)[0]}, .2, .4, 0)
}

func TestFoldersThatDoNotFitAreRefused(t *testing.T) {
	small, large := encodePNG(t, grayRamp(2, 2)), encodePNG(t, grayRamp(3, 2))
	for name, c := range map[string]struct {
		files map[string][]byte
		want  string
	}{
		"two sizes":      {map[string][]byte{"a.png": small, "b.png": large}, "b.png: size: got 3×2 pixels, want 2×2 as in "},
		"no image":       {map[string][]byte{"a.txt": small}, "folder: got no PNG or JPEG file"},
		"mixed":          {map[string][]byte{"a.png": small, "cat/b.png": small}, `folder: got 1 images beside sub-folders "cat" with images, want either`},
		"empty file":     {map[string][]byte{"a.png": {}}, "a.png: size: got an empty file"},
		"damaged header": {map[string][]byte{"a.png": small, "b.png": small[:20]}, "b.png: header: got"},
		"damaged pixels": {map[string][]byte{"a.png": small, "b.png": small[:len(small)-20]}, "b.png: pixels: got"},
		"too many":       {map[string][]byte{"1.png": small, "2.png": small, "3.png": small, "4.png": small}, "rows: got 4, want at most 3"},
	} {
		dir := t.TempDir()
		for f, b := range c.files {
			put(t, dir, f, b)
		}
		_, _, err := ReadFile(dir, ReadOptions{Limits: Limits{MaxRows: 3}})
		t.Run(name, func(t *testing.T) { wantFormatError(t, err, c.want) })
	}
	dir := t.TempDir()
	put(t, dir, "a.png", small)
	_, _, err := ReadFile(dir, ReadOptions{Limits: Limits{MaxBytes: 200}})
	if err != nil {
		t.Error(err)
	}
	_, _, err = ReadFile(dir, ReadOptions{Limits: Limits{MaxBytes: 15}})
	wantFormatError(t, err, "want at most 15")
	if _, _, err := ReadFile(dir, ReadOptions{Columns: []Column{{"a", 0, 1}}}); err == nil || !strings.Contains(err.Error(), "want a table") {
		t.Errorf("got %v", err)
	}
	if _, _, err := ReadFile(filepath.Join(dir, "no"), ReadOptions{}); err == nil {
		t.Error("got no error for an absent folder")
	}
}
