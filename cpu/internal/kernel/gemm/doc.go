// Package gemm multiplies matrices: micro-kernels that compute a tile of the product in
// registers, and kernels that cut a product of any size, layout and batch into tiles.
package gemm
