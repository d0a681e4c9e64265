package anomaly

import (
	"fmt"
	"math"
)

// Pixels sums the values of a row over its channels: a map of H·W values of an image of shape [H W]
// or [H W C]. Rows of other shapes are returned as they are.
func Pixels(values []float64, shape []int) []float64 {
	if len(shape) != 3 {
		return values
	}
	out := make([]float64, shape[0]*shape[1])
	for i, v := range values {
		out[i/shape[2]] += v
	}
	return out
}

// Smooth returns a map of H·W values under a Gaussian window of standard deviation sigma in pixels,
// cut at 3 sigma and normalised over the pixels that lie in the image. What is strange over several
// pixels stands out from what is strange at one by chance. With sigma 0 it is the map itself.
func Smooth(values []float64, h, w int, sigma float64) ([]float64, error) {
	if len(values) != h*w || h < 1 {
		return nil, fmt.Errorf("anomaly: smooth: got %d values, want %d×%d", len(values), h, w)
	}
	if !(sigma >= 0) || sigma > float64(h+w) {
		return nil, fmt.Errorf("anomaly: smooth: sigma: got %v, want 0 to %d", sigma, h+w)
	}
	if sigma == 0 {
		return append([]float64(nil), values...), nil
	}
	reach := int(math.Ceil(3 * sigma))
	kernel := make([]float64, reach+1)
	for i := range kernel {
		kernel[i] = math.Exp(-float64(i*i) / (2 * sigma * sigma))
	}
	rows := blur(values, h, w, 1, w, kernel) // along x, then along y
	return blur(rows, w, h, w, 1, kernel), nil
}

// blur convolves lines of n values that lie step apart; lines lie jump apart.
func blur(values []float64, lines, n, step, jump int, kernel []float64) []float64 {
	out := make([]float64, len(values))
	for l := range lines {
		for i := range n {
			var sum, weight float64
			for j := max(0, i-len(kernel)+1); j < min(n, i+len(kernel)); j++ {
				k := kernel[max(i-j, j-i)]
				sum += k * values[l*jump+j*step]
				weight += k
			}
			out[l*jump+i*step] = sum / weight
		}
	}
	return out
}
