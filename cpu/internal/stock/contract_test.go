package stock_test

import (
	"slices"
	"sync"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/stock"
)

func TestProductsOfAnyAxesAreTheirDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		batch, contract := lengths(t, 0, 2), lengths(t, 0, 2)
		left, right := lengths(t, 0, 2), lengths(t, 0, 2)
		order := func(free []int) (dims, contracts, batches, rest []int) {
			all := slices.Concat(batch, contract, free)
			at := rapid.Permutation(without(len(all))).Draw(t, "order")
			dims = make([]int, len(all))
			for i, d := range all {
				dims[at[i]] = d
			}
			batches, contracts = at[:len(batch)], at[len(batch):len(batch)+len(contract)]
			return dims, contracts, batches, without(len(all), append(slices.Clone(contracts), batches...)...)
		}
		ld, lc, lb, lr := order(left)
		rd, rc, rb, rr := order(right)
		x, y := whole(t, ld), whole(t, rd)
		out := slices.Concat(batch, pick(ld, lr), pick(rd, rr))
		want := make([]float32, volume(out))
		for i, p := range places(ld) {
			for j, q := range places(rd) {
				if slices.Equal(pick(p, lb), pick(q, rb)) && slices.Equal(pick(p, lc), pick(q, rc)) {
					want[flatten(out, slices.Concat(pick(p, lb), pick(p, lr), pick(q, rr)))] += x[i] * y[j]
				}
			}
		}
		a := ir.Dot{LhsContract: lc, LhsBatch: lb, RhsContract: rc, RhsBatch: rb}
		equal(t, "product", run1[float32](t, compute.OpTypeDotGeneral, a, f32(out...), []shapes.Shape{f32(ld...), f32(rd...)}, at(x), at(y)), want)
	})
}

// TestConvolutionsAreTheirDefinition draws strides, paddings and dilations over two axes.
func TestConvolutionsAreTheirDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		small := func(most int, what string) int { return rapid.IntRange(1, most).Draw(t, what) }
		n, in, out := small(2, "batch"), small(3, "channels"), small(3, "outputs")
		a := ir.Conv{
			Axes: compute.ConvolveAxesConfig{
				InputBatch: 0, InputChannels: 1, InputSpatial: []int{2, 3}, KernelOutputChannels: 0, KernelInputChannels: 1, KernelSpatial: []int{2, 3},
				OutputBatch: 0, OutputChannels: 1, OutputSpatial: []int{2, 3},
			},
			ChannelGroups: 1, BatchGroups: 1,
		}
		xd, kd, yd := []int{n, in}, []int{out, in}, []int{n, out}
		for range 2 {
			size, k := small(5, "size"), small(3, "kernel")
			stride, spread, apart := small(2, "stride"), small(2, "input dilation"), small(2, "kernel dilation")
			pad := [2]int{rapid.IntRange(0, 2).Draw(t, "before"), rapid.IntRange(0, 2).Draw(t, "after")}
			for (size-1)*spread+1+pad[0]+pad[1] < (k-1)*apart+1 {
				size++
			}
			a.Strides, a.InputDilations, a.KernelDilations = append(a.Strides, stride), append(a.InputDilations, spread), append(a.KernelDilations, apart)
			a.Paddings = append(a.Paddings, pad)
			xd, kd = append(xd, size), append(kd, k)
			yd = append(yd, ((size-1)*spread+1+pad[0]+pad[1]-(k-1)*apart-1)/stride+1)
		}
		x, kernel := whole(t, xd), whole(t, kd)
		want := make([]float32, volume(yd))
		for i, y := range places(yd) {
			for j, k := range places(kd) {
				from, inside := []int{y[0], k[1], 0, 0}, k[0] == y[1]
				for axis := range 2 {
					p := y[2+axis]*a.Strides[axis] + k[2+axis]*a.KernelDilations[axis] - a.Paddings[axis][0]
					from[2+axis] = p / a.InputDilations[axis]
					inside = inside && p >= 0 && p%a.InputDilations[axis] == 0 && from[2+axis] < xd[2+axis]
				}
				if inside {
					want[i] += x[flatten(xd, from)] * kernel[j]
				}
			}
		}
		equal(t, "convolution", run1[float32](t, compute.OpTypeConvGeneral, a, f32(yd...), []shapes.Shape{f32(xd...), f32(kd...)}, at(x), at(kernel)), want)
	})
}

// drawnWindow draws windows of an array that all hold an element.
func drawnWindow(t *rapid.T, dims []int) (w ir.Window, out []int) {
	for _, d := range dims {
		size, stride := rapid.IntRange(1, min(d, 3)).Draw(t, "window"), rapid.IntRange(1, 3).Draw(t, "stride")
		pad := [2]int{rapid.IntRange(0, size-1).Draw(t, "before"), rapid.IntRange(0, size-1).Draw(t, "after")}
		w.Dims, w.Strides, w.Paddings = append(w.Dims, size), append(w.Strides, stride), append(w.Paddings, pad)
		w.InputDilations, w.WindowDilations = append(w.InputDilations, 1), append(w.WindowDilations, 1)
		out = append(out, (d+pad[0]+pad[1]-size)/stride+1)
	}
	return w, out
}

// inside lists the elements of an array that a window holds.
func inside(w ir.Window, dims, window []int) (out []int) {
	for _, p := range places(w.Dims) {
		within := true
		for i := range p {
			p[i] += window[i]*w.Strides[i] - w.Paddings[i][0]
			within = within && p[i] >= 0 && p[i] < dims[i]
		}
		if within {
			out = append(out, flatten(dims, p))
		}
	}
	return out
}

func TestPoolingAndItsGradientAreTheirDefinitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dims := lengths(t, 1, 3)
		x := whole(t, dims)
		w, out := drawnWindow(t, dims)
		source := whole(t, out)
		sums, most, grad := make([]float32, volume(out)), make([]float32, volume(out)), make([]float32, len(x))
		for i, p := range places(out) {
			all := inside(w, dims, p)
			best := all[0]
			for _, e := range all {
				sums[i] += x[e]
				if x[e] > x[best] {
					best = e
				}
			}
			most[i] = x[best]
			grad[best] += source[i]
		}
		s := []shapes.Shape{f32(dims...)}
		w.Reduce = compute.ReduceOpSum
		equal(t, "sums", run1[float32](t, compute.OpTypeReduceWindow, w, f32(out...), s, at(x)), sums)
		w.Reduce = compute.ReduceOpMax
		equal(t, "greatest", run1[float32](t, compute.OpTypeReduceWindow, w, f32(out...), s, at(x)), most)
		equal(t, "gradient", run1[float32](t, compute.OpTypeSelectAndScatterMax, w, f32(dims...), append(s, f32(out...)), at(x), at(source)), grad)
	})
}

// TestRowsAreGatheredAndScattered by indices that may repeat.
func TestRowsAreGatheredAndScattered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, columns, n := rapid.IntRange(1, 5).Draw(t, "rows"), rapid.IntRange(1, 4).Draw(t, "columns"), rapid.IntRange(1, 6).Draw(t, "indices")
		x, updates := whole(t, []int{rows, columns}), whole(t, []int{n, columns})
		index := make([]int32, n)
		for i := range index {
			index[i] = int32(rapid.IntRange(0, rows-1).Draw(t, "index"))
		}
		var picked []float32
		sum, most, least := slices.Clone(x), slices.Clone(x), slices.Clone(x)
		for i, k := range index {
			picked = append(picked, x[int(k)*columns:][:columns]...)
			for c := range columns {
				to, u := int(k)*columns+c, updates[i*columns+c]
				sum[to] += u
				most[to], least[to] = max(most[to], u), min(least[to], u)
			}
		}
		in := []shapes.Shape{f32(rows, columns), i32(n, 1), f32(n, columns)}
		g := ir.Gather{IndexVectorAxis: 1, OffsetOutputAxes: []int{1}, CollapsedAxes: []int{0}, StartIndexMap: []int{0}, Sizes: []int{1, columns}}
		equal(t, "gather", run1[float32](t, compute.OpTypeGather, g, in[2], in[:2], at(x), at(index)), picked)
		s := ir.Scatter{IndexVectorAxis: 1, UpdateWindowAxes: []int{1}, InsertedAxes: []int{0}, OperandAxes: []int{0}}
		for op, want := range map[ir.Op][]float32{compute.OpTypeScatterSum: sum, compute.OpTypeScatterMax: most, compute.OpTypeScatterMin: least} {
			equal(t, op.String(), run1[float32](t, op, s, in[0], in, at(x), at(index), at(updates)), want)
		}
	})
}

// TestPaddingMayTakeOffWhatItAdds: one end of a short axis takes off more than the axis has.
func TestPaddingMayTakeOffWhatItAdds(t *testing.T) {
	for _, c := range []struct {
		p    compute.PadAxis
		want []float32
	}{
		{compute.PadAxis{Start: -2, End: 2}, []float32{9}}, {compute.PadAxis{Start: 2, End: -2}, []float32{9}},
		{compute.PadAxis{Start: -3, End: 5, Interior: 2}, []float32{9, 9, 9}}, {compute.PadAxis{Start: 3, End: -1}, []float32{9, 9, 9}},
	} {
		got := run1[float32](t, compute.OpTypePad, ir.Pad{c.p}, f32(len(c.want)), []shapes.Shape{f32(1), f32()}, at([]float32{1}), at([]float32{9}))
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v: got %v, want %v", c.p, got, c.want)
		}
	}
}

// TestProgramsRunAtTheSameTime, each execution with memory of its own.
func TestProgramsRunAtTheSameTime(t *testing.T) {
	g := &ir.Graph{Name: "together"}
	x := g.Param("x", f32(50))
	y := g.Add(compute.OpTypeMul, nil, []*ir.Value{x, x}, x.Shape).Out[0]
	g.Results = []*ir.Value{y, g.Add(compute.OpTypeReduceSum, ir.Axes{0}, []*ir.Value{y}, f32()).Out[0]}
	p, err := stock.Graph(g)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for k := range 8 {
		wg.Go(func() {
			in, out, sum := slices.Repeat([]float32{float32(k)}, 50), make([]float32, 50), make([]float32, 1)
			for range 50 {
				if err := p.Run([]unsafe.Pointer{at(in)}, []unsafe.Pointer{at(out), at(sum)}); err != nil {
					t.Error(err)
					return
				}
				if out[49] != float32(k*k) || sum[0] != float32(50*k*k) || in[0] != float32(k) {
					t.Errorf("goroutine %d: got %v and %v", k, out[49], sum[0])
				}
			}
		})
	}
	wg.Wait()
}
