package data_test

import (
	"context"
	"fmt"

	"github.com/elbo-go/elbo/data"
)

// The built-in digits come in three parts, in an order that is always the same.
func ExampleOpen() {
	s, err := data.Open(context.Background(), data.Spec{Name: "digits", MaxRows: 500})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Train.Len(), s.Valid.Len(), s.Test.Len(), "rows of", s.Train.Shape, "in", len(s.Train.Classes), "classes")
	fmt.Println("all 0 or 1:", data.IsBinary(s.Train.X))

	_, err = data.Open(context.Background(), data.Spec{Name: "digit"})
	fmt.Println(err)
	// Output:
	// 500 500 500 rows of [28 28] in 10 classes
	// all 0 or 1: false
	// data: open: got "digit", want a path or one of digits, moons, moons-gap, noisy-cubic, phantoms, shapes32, sprites, binarized-mnist, fashion-mnist, frey-faces, mnist (did you mean digits?)
}

// An array as rows of two values, which share its memory.
func ExampleRows() {
	x := []float32{1, 2, 3, 4, 5, 6}
	fmt.Println(data.Rows(x, 2))
	// Output: [[1 2] [3 4] [5 6]]
}
