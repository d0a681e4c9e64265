package scalarref

import "math"

// FillSine fills values with numbers that another program can repeat from the name and the
// shape alone:
//
//	values[i] = offset + a·sin(1 + 0.7·i + k),  k = (sum of the name's bytes) mod 97
//
// with a = 1.5/√in for a weight [in, out], a = 0.3 for a bias or a scalar, and the offset −1
// for a scalar, which is a log-scale, and else 0.
func FillSine(name string, shape []int, values []float64) {
	sum := 0
	for i := range len(name) {
		sum += int(name[i])
	}
	k, a, offset := float64(sum%97), 0.3, 0.0
	switch len(shape) {
	case 0:
		offset = -1
	case 2:
		a = 1.5 / math.Sqrt(float64(shape[0]))
	}
	for i := range values {
		values[i] = offset + a*math.Sin(1+0.7*float64(i)+k)
	}
}

// GrayBatch returns B×D values from {0, 1/255, …, 1}: x[b][d] = ((37b + 53d + 11bd) mod 256)/255.
func GrayBatch(batch, dims int) [][]float64 {
	x := make([][]float64, batch)
	for b := range x {
		x[b] = make([]float64, dims)
		for d := range x[b] {
			x[b][d] = float64((37*b+53*d+11*b*d)%256) / 255
		}
	}
	return x
}

// BinaryBatch is GrayBatch with every value rounded to 0 or 1.
func BinaryBatch(batch, dims int) [][]float64 {
	x := GrayBatch(batch, dims)
	for b := range x {
		for d, v := range x[b] {
			x[b][d] = math.Round(v)
		}
	}
	return x
}

// SineNoise returns the B×L noise of a training step:
// eps[b][l] = 1.3·sin(0.5 + 1.7·(b·L + l) + 2.3·step).
func SineNoise(batch, latent, step int) [][]float64 {
	eps := make([][]float64, batch)
	for b := range eps {
		eps[b] = make([]float64, latent)
		for l := range eps[b] {
			eps[b][l] = 1.3 * math.Sin(0.5+1.7*float64(b*latent+l)+2.3*float64(step))
		}
	}
	return eps
}
