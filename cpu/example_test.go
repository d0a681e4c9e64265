package cpu_test

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/cpu"
)

// A GoMLX graph on this engine.
func Example() {
	backend, err := compute.NewWithConfig("elbo:threads=2")
	if err != nil {
		panic(err)
	}
	softplus := graph.MustNewExec(backend, func(x *graph.Node) *graph.Node {
		return graph.ReduceAllSum(graph.Log1P(graph.Exp(x)))
	})
	out, err := softplus.Call([]float64{-1, 0, 1})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.6f\n", out[0].Value())
	// Output: 2.319671
}

// A step that updates its parameter in place and allocates nothing.
func ExampleExecutable_ExecuteInto() {
	backend, err := cpu.New("threads=1")
	if err != nil {
		panic(err)
	}
	builder := backend.Builder("halve")
	f := builder.Main()
	x, _ := f.Parameter("x", f32(2), nil)
	half, _ := f.Constant([]float32{0.5})
	y, _ := f.Mul(x, half)
	if err := f.Return([]compute.Value{y}, nil); err != nil {
		panic(err)
	}
	compiled, err := builder.Compile()
	if err != nil {
		panic(err)
	}
	weights, _ := backend.BufferFromFlatData(0, []float32{8, 16}, f32(2))
	state, donate := []compute.Buffer{weights}, []bool{true}
	for range 3 {
		if err := compiled.(*cpu.Executable).ExecuteInto(state, state, donate); err != nil {
			panic(err)
		}
	}
	got, _ := state[0].Data()
	fmt.Println(got)
	// Output: [1 2]
}
