package vec

import (
	"math"
	"unsafe"
)

// The plain loops of the row kernels. Each operation rounds by itself, sums are in the order of
// [Reduce], so that all levels give the same bits, expSum aside.

// expSum puts exp(x − shift) in dst and returns its sum.
func expSum(dst, x unsafe.Pointer, shift float32, n int) float32 {
	var lanes [laneBytes / 4]float32
	d, v := run[float32](dst, n), run[float32](x, n)
	for i := range d {
		d[i] = float32(math.Exp(float64(v[i] - shift)))
		lanes[i%len(lanes)] += d[i]
	}
	return tree(lanes[:])
}

// scale puts x·factor + bias in dst.
func scale(dst, x unsafe.Pointer, factor, bias float32, n int) {
	d, v := run[float32](dst, n), run[float32](x, n)
	for i := range d {
		d[i] = float32(v[i]*factor) + bias
	}
}

// normalise puts (x − mean)·rstd·gain + bias in dst.
func normalise(dst, x, gain, bias unsafe.Pointer, mean, rstd float32, n int) {
	d, v, g, b := run[float32](dst, n), run[float32](x, n), run[float32](gain, n), run[float32](bias, n)
	for i := range d {
		d[i] = float32((v[i]-mean)*rstd*g[i]) + b[i]
	}
}

// normaliseSums adds dy·x̂ to dgain and dy to dbias and returns Σ dy·gain and Σ dy·gain·x̂.
func normaliseSums(dgain, dbias, x, dy, gain unsafe.Pointer, mean, rstd float32, n int) (s, t float32) {
	var h, hx [laneBytes / 4]float32
	dg, db := run[float32](dgain, n), run[float32](dbias, n)
	v, e, g := run[float32](x, n), run[float32](dy, n), run[float32](gain, n)
	for i := range v {
		hat := float32((v[i] - mean) * rstd)
		dg[i] += float32(e[i] * hat)
		db[i] += e[i]
		k := float32(e[i] * g[i])
		h[i%len(h)] += k
		hx[i%len(h)] += float32(k * hat)
	}
	return tree(h[:]), tree(hx[:])
}

// normaliseGrad puts rstd·(dy·gain − s − x̂·t) in dx.
func normaliseGrad(dx, x, dy, gain unsafe.Pointer, mean, rstd, s, t float32, n int) {
	d, v, e, g := run[float32](dx, n), run[float32](x, n), run[float32](dy, n), run[float32](gain, n)
	for i := range d {
		hat := float32((v[i] - mean) * rstd)
		d[i] = rstd * (float32(e[i]*g[i]) - s - float32(hat*t))
	}
}
