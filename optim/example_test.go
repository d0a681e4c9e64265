package optim_test

import (
	"fmt"

	"github.com/elbo-go/elbo/optim"
)

// The rate rises over ten steps and then falls along half a cosine.
func ExampleSchedule() {
	s := optim.Schedule{Kind: "cosine", Warmup: 10, Total: 110}
	if err := s.Validate(); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%.2f %.2f %.2f %.2f\n", s.At(0), s.At(9), s.At(60), s.At(110))
	// Output: 0.10 1.00 0.50 0.00
}
