package nets

import (
	"fmt"
	"testing"
)

func TestImagesAreHalvedUntilASideIsBelowEight(t *testing.T) {
	for _, c := range []struct {
		h, w       int
		half       func(int) int
		want, name string
	}{
		{28, 28, HalfDown, "[{14 14 2} {7 7 4}]", "MNIST"},
		{32, 32, HalfDown, "[{16 16 2} {8 8 4} {4 4 4}]", "CIFAR"},
		{8, 8, HalfDown, "[{4 4 2}]", "smallest"},
		{8, 64, HalfDown, "[{4 32 2}]", "wide"},
		{9, 11, HalfDown, "[{4 5 2}]", "odd"},
		{28, 28, halfUp, "[{14 14 2} {7 7 4}]", "MNIST"},
		{17, 31, halfUp, "[{9 16 2} {5 8 4}]", "odd"},
	} {
		if got := fmt.Sprint((Config{Shape: []int{c.h, c.w}, Channels: []int{2, 4}}).Stages(c.half)); got != c.want {
			t.Errorf("%s, %d×%d: got %s, want %s", c.name, c.h, c.w, got, c.want)
		}
	}
}
