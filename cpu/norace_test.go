//go:build !race

package cpu_test

// raced tells that pointers are checked, which GoMLX's products do not stand.
const raced = false
