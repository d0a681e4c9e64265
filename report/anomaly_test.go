package report

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"io"
	"strings"
	"testing"
)

// The picture has three tiles for each of the strangest rows, and its caption the figures of the
// score that package anomaly computes.
func TestTheStrangestRowsAreShown(t *testing.T) {
	in := input(t, network(t, "vae", 64, 3), images(120))
	s, err := newScene(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if !hasStrange(s) {
		t.Fatal("120 images are not enough")
	}
	var b bytes.Buffer
	caption, err := drawStrange(t.Context(), s, "The strangest", &b)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	if r := img.Bounds(); r.Dx() < shownStrange*8 || r.Dy() < 3*8 {
		t.Errorf("got a picture of %v", r)
	}
	if !strings.Contains(caption, "nats") || !strings.Contains(caption, "median") {
		t.Errorf("got caption %q", caption)
	}
}

// Tiles of one row: the image in grey, its reconstruction in grey, and the image with colour where the
// map is above its median.
func TestStrangeTilesColourTheMap(t *testing.T) {
	s := sceneOf(t, "vae", 3, nil)
	m := make([]float64, 64)
	m[5] = 3
	again := [][]float32{make([]float32, 64)}
	tiles, err := strangeTiles(s, []int{0}, again, [][]float64{m})
	if err != nil || len(tiles) != 3 {
		t.Fatalf("got %d tiles (%v), want 3", len(tiles), err)
	}
	for p := range 64 {
		for _, tile := range tiles[:2] {
			if tile[3*p] != tile[3*p+1] || tile[3*p] != tile[3*p+2] {
				t.Fatalf("pixel %d has colour: %v", p, tile[3*p:3*p+3])
			}
		}
		coloured := tiles[2][3*p] != tiles[2][3*p+2]
		if coloured != (p == 5) {
			t.Errorf("pixel %d: coloured %t", p, coloured)
		}
	}
	flat := make([]float64, 64)
	if _, err := strangeTiles(s, []int{0}, again, [][]float64{flat}); err != nil {
		t.Errorf("a flat map: %v", err)
	}
}

// The rows are those of the largest sums of their maps, and few rows or tables have no such picture.
func TestStrangeRowsWantManyImages(t *testing.T) {
	if s := sceneOf(t, "vae", 3, nil); hasStrange(s) {
		t.Error("30 images have a picture of the strangest")
	}
	net := network(t, "vae", 4, 2)
	s, err := newScene(t.Context(), input(t, net, table(200, 4)))
	if err != nil {
		t.Fatal(err)
	}
	if hasStrange(s) {
		t.Error("a table has a picture of the strangest")
	}
	if got := median([]float64{5, 1, 3}); got != 3 {
		t.Errorf("median: got %v", got)
	}
	in := input(t, network(t, "ae", 64, 3), images(110))
	if s, err = newScene(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := drawStrange(ctx, s, "", io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of the context", err)
	}
}
