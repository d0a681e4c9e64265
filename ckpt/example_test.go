package ckpt_test

import (
	"errors"
	"fmt"
	"os"

	"github.com/elbo-go/elbo/ckpt"
)

// A checkpoint is there whole once Save has returned, also after a loss of power.
func ExampleStore() {
	dir, err := os.MkdirTemp("", "ckpt-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	store, err := ckpt.Open(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	_, err = store.Load("best")
	fmt.Println(errors.Is(err, ckpt.ErrNoCheckpoint))

	weights := []ckpt.Tensor{ckpt.FromFloat32s("decoder/out/bias", []int{2}, []float32{.5, -1})}
	err = store.Save(ckpt.Checkpoint{Step: 100, Model: weights, State: []byte(`{"epoch": 1}`)}, ckpt.SaveOptions{Best: true})
	if err != nil {
		fmt.Println(err)
	}
	c, err := store.Load("best")
	if err != nil {
		fmt.Println(err)
		return
	}
	bias, err := c.Model[0].Float32s()
	fmt.Println(c.Step, c.Model[0].Name, bias, string(c.State), err)
	// Output:
	// true
	// 100 decoder/out/bias [0.5 -1] {"epoch": 1} <nil>
}
