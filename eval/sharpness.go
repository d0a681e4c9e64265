package eval

import (
	"fmt"
	"math"
)

// Sharpness is the variance, over the inner pixels of an image, of its discrete Laplacian
//
//	x[i−1, j] + x[i+1, j] + x[i, j−1] + x[i, j+1] − 4 x[i, j],
//
// in the mean over images and channels (a measure of focus: Pech-Pacheco et al. 2000). Images are
// height×width×channels. Blur lowers it and noise raises it, so it says nothing by itself. The standard
// error is that of the mean over images.
func Sharpness(images []float32, height, width, channels int) (Averaged, error) {
	size := height * width * channels
	if height < 3 || width < 3 || channels < 1 || len(images) == 0 || len(images)%size != 0 {
		return Averaged{}, fmt.Errorf("eval: Sharpness: got %d values in images of %d×%d×%d, want whole images with sides of at least 3", len(images), height, width, channels)
	}
	n := len(images) / size
	each := make([]float64, n)
	mean := 0.
	for k := range each {
		for c := range channels {
			each[k] += laplacianVariance(images[k*size:(k+1)*size], height, width, channels, c) / float64(channels)
		}
		mean += each[k] / float64(n)
	}
	sum := 0.
	for _, v := range each {
		sum += (v - mean) * (v - mean)
	}
	return Averaged{mean, math.Sqrt(sum/float64(max(1, n-1))) / math.Sqrt(float64(n))}, nil
}

// laplacianVariance is that of a channel of an image.
func laplacianVariance(x []float32, height, width, channels, c int) float64 {
	at := func(i, j int) float64 { return float64(x[(i*width+j)*channels+c]) }
	sum, squares := 0., 0.
	for i := 1; i < height-1; i++ {
		for j := 1; j < width-1; j++ {
			l := at(i-1, j) + at(i+1, j) + at(i, j-1) + at(i, j+1) - 4*at(i, j)
			sum += l
			squares += l * l
		}
	}
	n := float64((height - 2) * (width - 2))
	return math.Max(0, squares/n-sum/n*sum/n)
}
