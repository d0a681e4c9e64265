package gather

import (
	"bytes"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/cluster/beam/fixed"
)

// someParts are parts of a table of so many columns, one a shard.
func someParts(seed uint64, shards, width int) []Part {
	r, all := rand.New(rand.NewPCG(seed, 1)), make([]Part, shards)
	for i := range all {
		rows := r.Perm(12)[:1+r.IntN(12)]
		slices.Sort(rows)
		all[i].Shard = int32(i)
		for _, row := range rows {
			all[i].Rows = append(all[i].Rows, int32(row))
			for range width {
				all[i].Values = append(all[i].Values, r.NormFloat64()*math.Pow(10, 12*r.Float64()-6))
			}
		}
	}
	return all
}

// total adds parts in order.
func total(t *testing.T, parts []Part) (s Total) {
	t.Helper()
	for _, p := range parts {
		var err error
		if s, err = s.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestTotalsAreTheSumsOfTheirRows(t *testing.T) {
	for seed := range uint64(200) {
		parts := someParts(seed, 9, 3)
		got := total(t, parts)
		want := map[int32][]float64{}
		for _, p := range parts {
			for i, row := range p.Rows {
				if want[row] == nil {
					want[row] = make([]float64, 3)
				}
				for j := range 3 {
					want[row][j] += p.Values[3*i+j]
				}
			}
		}
		if len(got.Rows) != len(want) || len(got.Shards) != 9 || got.check() != nil {
			t.Fatalf("seed %d: got %d rows of %d shards, want %d of 9", seed, len(got.Rows), len(got.Shards), len(want))
		}
		sums := got.Sums.Floats()
		for i, row := range got.Rows {
			for j, w := range want[row] {
				if math.Abs(sums[3*i+j]-w) > 1e-9 { // ten terms below 1e7, each rounded
					t.Fatalf("seed %d: row %d: got %g, want %g", seed, row, sums[3*i+j], w)
				}
			}
		}
	}
}

func TestAnyTreeOfMergesGivesTheSameBits(t *testing.T) {
	for seed := range uint64(1000) {
		parts := someParts(seed, 12, 2)
		want := total(t, parts)
		r := rand.New(rand.NewPCG(seed, 2))
		r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		var trees []Total
		for len(parts) > 0 {
			n := 1 + r.IntN(len(parts))
			// the runner may also send every total over the wire
			back, err := decodeTotal(encodeTotal(total(t, parts[:n])))
			if err != nil {
				t.Fatal(err)
			}
			trees, parts = append(trees, back, Total{}), parts[n:]
		}
		for len(trees) > 1 {
			i := 1 + r.IntN(len(trees)-1)
			merged, err := trees[i].Merge(trees[0])
			if err != nil {
				t.Fatal(err)
			}
			trees[i] = merged
			trees = trees[1:]
		}
		if !reflect.DeepEqual(trees[0], want) {
			t.Fatalf("seed %d: got another total than in order", seed)
		}
	}
}

func TestAShardThatComesAgainIsNotCountedAgain(t *testing.T) {
	parts := someParts(5, 6, 2)
	want := total(t, parts)
	if got := total(t, append(slices.Clone(parts), parts...)); !reflect.DeepEqual(got, want) {
		t.Error("got other sums for shards that came twice")
	}
	if _, err := want.Merge(total(t, parts[3:4])); err == nil {
		t.Error("got no error for two sums that share a shard")
	}
}

func TestMergingLeavesItsArgumentsAsTheyWere(t *testing.T) {
	parts := someParts(6, 4, 2)
	a, b := total(t, parts[:2]), total(t, parts[2:])
	before := [2][]byte{encodeTotal(a), encodeTotal(b)}
	if _, err := a.Merge(b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before[0], encodeTotal(a)) || !bytes.Equal(before[1], encodeTotal(b)) {
		t.Error("got changed arguments: a runner may hold them elsewhere")
	}
}

func TestPartsAndTotalsComeBackFromTheWire(t *testing.T) {
	for seed := range uint64(200) {
		parts := someParts(seed, 5, 1+int(seed%4))
		for _, p := range parts {
			if got, err := decodePart(encodePart(p)); err != nil || !reflect.DeepEqual(got, p) {
				t.Fatalf("got %+v and error %v, want %+v", got, err, p)
			}
		}
		s := total(t, parts)
		if got, err := decodeTotal(encodeTotal(s)); err != nil || !reflect.DeepEqual(got, s) {
			t.Fatalf("got error %v or another total", err)
		}
	}
	if got, err := decodeTotal(encodeTotal(Total{})); err != nil || len(got.Rows)+len(got.Shards)+len(got.Sums) > 0 {
		t.Errorf("got %+v and error %v for nothing", got, err)
	}
}

func TestHostileBytesAreRefused(t *testing.T) {
	whole := [2][]byte{encodePart(someParts(7, 1, 2)[0]), encodeTotal(total(t, someParts(7, 3, 2)))}
	decode := [2]func([]byte) error{
		func(b []byte) error { _, err := decodePart(b); return err },
		func(b []byte) error { _, err := decodeTotal(b); return err },
	}
	for i := range whole {
		for n := 1; n < len(whole[i]); n++ {
			if n%16 != len(whole[i])%16 && decode[i](whole[i][:n]) == nil && (len(whole[i])-n)%8 != 0 {
				t.Errorf("kind %d: got no error for %d bytes of %d", i, n, len(whole[i]))
			}
		}
		for seed := range uint64(10000) {
			r, b := rand.New(rand.NewPCG(seed, 3)), slices.Clone(whole[i])
			for range 1 + r.IntN(4) {
				b[r.IntN(len(b))] = byte(r.Uint32())
			}
			_ = decode[i](b[:r.IntN(len(b)+1)]) // must not panic
		}
	}
	for _, p := range []Part{{}, {Shard: -1, Rows: []int32{0}, Values: []float64{1}}, {Rows: []int32{1, 1}, Values: []float64{1, 2}},
		{Rows: []int32{0, 1}, Values: []float64{1}}, {Rows: []int32{0}, Values: []float64{math.NaN()}}} {
		if _, err := (Total{}).Add(p); err == nil {
			t.Errorf("%+v: got no error", p)
		}
	}
	narrow, wide := total(t, someParts(8, 1, 1)), Total{[]int32{9}, []int32{0}, make(fixed.Vector, 2)}
	if _, err := narrow.Merge(wide); err == nil {
		t.Error("got no error for tables of different widths")
	}
}

func TestNumbersTravelAsEightBytesAndSumsAsSixteen(t *testing.T) {
	const rows, width = 1000, 50
	p := Part{Shard: 1 << 20}
	for i := range int32(rows) {
		p.Rows = append(p.Rows, 3*i)
		p.Values = append(p.Values, make([]float64, width)...)
	}
	s := total(t, []Part{p})
	// beside the numbers a byte for each row and no more than 16 for the shard and the lengths
	if got := len(encodePart(p)); got > 8*rows*width+rows+16 {
		t.Errorf("got %d bytes for a part of %d numbers", got, rows*width)
	}
	if got := len(encodeTotal(s)); got > 16*rows*width+rows+16 {
		t.Errorf("got %d bytes for %d sums", got, rows*width)
	}
}

func TestListsTravelWhateverTheySkip(t *testing.T) {
	for _, list := range [][]int32{nil, {0}, {math.MaxInt32}, {0, math.MaxInt32}, {0, 1, 2, 3}, {5, 127, 128, 16384, 1 << 30}} {
		w := wire{b: appendList(nil, list)}
		if got := w.list("list"); w.err != nil || len(w.b) > 0 || !slices.Equal(got, list) {
			t.Errorf("%v: got %v, %d bytes left and error %v", list, got, len(w.b), w.err)
		}
	}
	for what, b := range map[string][]byte{"no length": {}, "a length beyond the bytes": {9, 1}, "a step beyond 2^31": {2, 0xff, 0xff, 0xff, 0xff, 0x07, 0},
		"an endless varint": {1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}} {
		w := wire{b: b}
		if w.list("list"); w.err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
}

func TestUnionsAreSortedSets(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 5))
		var lists [2][]int32
		want := map[int32]bool{}
		for i := range lists {
			for v := range int32(20) {
				if r.IntN(3) == 0 {
					lists[i] = append(lists[i], v)
					want[v] = true
				}
			}
		}
		got := union(lists[0], lists[1])
		if len(got) != len(want) || rising("row", got) != nil {
			t.Fatalf("%v and %v: got %v", lists[0], lists[1], got)
		}
		for _, v := range got {
			if !want[v] {
				t.Fatalf("%v and %v: got %d in it", lists[0], lists[1], v)
			}
		}
	}
}

// BenchmarkAdd adds a part of 1024 terms of 50 topics, of which it has every third.
func BenchmarkAdd(b *testing.B) {
	var parts []Part
	for i := range int32(64) {
		p := Part{Shard: i}
		for row := range int32(341) {
			p.Rows = append(p.Rows, 3*row+i%3)
			p.Values = append(p.Values, make([]float64, 50)...)
		}
		parts = append(parts, p)
	}
	b.SetBytes(341 * 50 * 8)
	for b.Loop() {
		s, err := Total{}, error(nil)
		for _, p := range parts {
			if s, err = s.Add(p); err != nil {
				b.Fatal(err)
			}
		}
		b.SetBytes(int64(len(parts)) * 341 * 50 * 8)
	}
}
