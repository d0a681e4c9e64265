package tile

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

const f32 = dtypes.Float32

// writer writes specs of float32 down in the order of their computation.
type writer struct{ Spec }

// over begins a spec.
func over(dims ...int) *writer { return &writer{Spec{Dims: dims}} }

// load appends a load. All loads come before the first operation.
func (w *writer) load(strides ...int) int {
	w.Loads = append(w.Loads, Load{f32, strides})
	return len(w.Loads) - 1
}

// matrix appends a contiguous load, number one that does not change.
func (w *writer) matrix() int { return w.load(rowMajor(w.Dims)...) }
func (w *writer) number() int { return w.load(make([]int, len(w.Dims))...) }

// op appends an instruction.
func (w *writer) op(op compute.OpType, regs ...int) int {
	in := Instr{Op: op, DType: f32, To: f32, A: -1, B: -1, C: -1}
	for i, r := range regs {
		*[3]*int{&in.A, &in.B, &in.C}[i] = r
	}
	w.Code = append(w.Code, in)
	return len(w.Loads) + len(w.Code) - 1
}

// store appends a contiguous store.
func (w *writer) store(reg int) *writer {
	w.Stores = append(w.Stores, Store{Reg: reg, DType: f32, Strides: rowMajor(w.Dims)})
	return w
}

// sum appends a sum over some dimensions, contiguous.
func (w *writer) sum(reg int, axes ...int) *writer {
	st := Store{Reg: reg, DType: f32, Reduce: compute.OpTypeReduceSum, Over: make([]bool, len(w.Dims))}
	for _, a := range axes {
		st.Over[a] = true
	}
	st.Strides = rowMajor(remaining(w.Dims, st.Over))
	for _, a := range axes {
		st.Strides[a] = 0
	}
	w.Stores = append(w.Stores, st)
	return w
}

// biasReLU is max(x + b, 0).
func biasReLU(m, n int) Spec {
	w := over(m, n)
	x, b, zero := w.matrix(), w.load(0, 1), w.number()
	return w.store(w.op(compute.OpTypeMax, w.op(compute.OpTypeAdd, x, b), zero)).Spec
}

// logitsBCE is the cross-entropy of Bernoulli variables x with logits z, max(z, 0) − z·x +
// ln(1 + e^−|z|), summed; its gradient σ(z) − x with respect to z; and the gradient's sum over
// the rows.
func logitsBCE(m, n int) Spec {
	w := over(m, n)
	z, x, zero := w.matrix(), w.matrix(), w.number()
	soft := w.op(compute.OpTypeLog1p, w.op(compute.OpTypeExp, w.op(compute.OpTypeNeg, w.op(compute.OpTypeAbs, z))))
	loss := w.op(compute.OpTypeAdd, w.op(compute.OpTypeSub, w.op(compute.OpTypeMax, z, zero), w.op(compute.OpTypeMul, z, x)), soft)
	grad := w.op(compute.OpTypeSub, w.op(compute.OpTypeLogistic, z), x)
	return w.store(grad).sum(loss, 0, 1).sum(grad, 0).Spec
}

// logitsPair is logitsBCE by the operations that are made for it.
func logitsPair(m, n int) Spec {
	w := over(m, n)
	z, x, _ := w.matrix(), w.matrix(), w.number()
	loss, grad := w.op(LogitsLoss, z, x), w.op(LogitsGrad, z, x)
	return w.store(grad).sum(loss, 0, 1).sum(grad, 0).Spec
}

// adamChain is a step of Adam on a parameter, in place (Kingma and Ba 2015, algorithm 1), with
// loads w, m, v, gradient, β₁, 1−β₁, β₂, 1−β₂, 1/(1−β₁ᵗ), 1/(1−β₂ᵗ), learning rate and ε.
func adamChain(n int) Spec {
	w := over(n)
	x, m, v, g := w.matrix(), w.matrix(), w.matrix(), w.matrix()
	b1, c1, b2, c2, d1, d2, rate, eps := w.number(), w.number(), w.number(), w.number(), w.number(), w.number(), w.number(), w.number()
	m1 := w.op(compute.OpTypeAdd, w.op(compute.OpTypeMul, m, b1), w.op(compute.OpTypeMul, g, c1))
	v1 := w.op(compute.OpTypeAdd, w.op(compute.OpTypeMul, v, b2), w.op(compute.OpTypeMul, w.op(compute.OpTypeMul, g, g), c2))
	root := w.op(compute.OpTypeSqrt, w.op(compute.OpTypeMul, v1, d2))
	step := w.op(compute.OpTypeDiv, w.op(compute.OpTypeMul, w.op(compute.OpTypeMul, m1, d1), rate), w.op(compute.OpTypeAdd, root, eps))
	return w.store(w.op(compute.OpTypeSub, x, step)).store(m1).store(v1).Spec
}

// softmax is e^(x − max x) / Σ e^(x − max x) by rows.
func softmax(m, n int) Spec {
	w := over(m, n)
	w.RowAxes = 1
	x := w.matrix()
	e := w.op(compute.OpTypeExp, w.op(compute.OpTypeSub, x, w.op(compute.OpTypeReduceMax, x)))
	return w.store(w.op(compute.OpTypeDiv, e, w.op(compute.OpTypeReduceSum, e))).Spec
}

// transposeOf copies the transpose of an n×m matrix.
func transposeOf(m, n int) Spec {
	w := over(m, n)
	return w.store(w.load(1, m)).Spec
}
