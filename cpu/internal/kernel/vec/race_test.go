//go:build race

package vec_test

// raced says that the race detector watches; sync.Pool then throws away what it is given at random.
const raced = true
