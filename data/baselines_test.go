package data

import (
	"context"
	"math"
	"testing"
)

// What any model of MNIST has to beat: the cross-entropy of the mean training image (½ added to its sums) is
// 205.806 nats of a test image, its squared error .067470 a pixel; and what none can: grey levels
// as targets have an entropy of 45.534 nats of their own.
func TestFloorAndBaselineOfMNIST(t *testing.T) {
	realRoot(t, "mnist")
	s, err := Open(context.Background(), Spec{Name: "mnist"})
	if err != nil {
		t.Fatal(err)
	}
	n, d := float64(s.Train.Len()+s.Valid.Len()), s.Train.Dim()
	sum := make([]float64, d)
	for _, part := range []*Set{s.Train, s.Valid} {
		for i, v := range part.X {
			sum[i%d] += float64(v)
		}
	}
	cross, square, floor := 0., 0., 0.
	for i, v := range s.Test.X {
		x, p := float64(v), (sum[i%d]+.5)/(n+1)
		cross -= x*math.Log(p) + (1-x)*math.Log1p(-p)
		square += (x - sum[i%d]/n) * (x - sum[i%d]/n)
		if x > 0 && x < 1 {
			floor -= x*math.Log(x) + (1-x)*math.Log1p(-x)
		}
	}
	rows := float64(s.Test.Len())
	for name, c := range map[string][3]float64{ // half of the last digit
		"cross-entropy of the mean image": {cross / rows, 205.806, 5e-4},
		"squared error of the mean image": {square / rows / float64(d), .067470, 5e-7},
		"entropy of grey targets":         {floor / rows, 45.534, 5e-4},
	} {
		if math.Abs(c[0]-c[1]) > c[2] {
			t.Errorf("%s: got %.6f, want %v", name, c[0], c[1])
		}
	}
}
