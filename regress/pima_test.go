package regress

import (
	"encoding/csv"
	"math"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// pima reads the seven inputs and the diagnosis of a file of the Pima study.
func pima(t *testing.T, name string) (*mat.Dense, []float64) {
	t.Helper()
	lines, err := csv.NewReader(tk.DataFile(t, "small-tables", name)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	x, y := mat.NewDense(len(lines)-1, 7, nil), make([]float64, len(lines)-1)
	for i, l := range lines[1:] {
		for j := range 7 {
			v, err := strconv.ParseFloat(l[1+j], 64)
			if err != nil {
				t.Fatal(err)
			}
			x.Set(i, j, v)
		}
		if l[8] == "Yes" {
			y[i] = 1
		}
	}
	return x, y
}

// standardise gives the columns of both tables the mean 0 and variance 1 of the first.
func standardise(train, test *mat.Dense) {
	_, d := train.Dims()
	for j := range d {
		m, s := stat.MeanStdDev(mat.Col(nil, j, train), nil)
		for _, x := range []*mat.Dense{train, test} {
			n, _ := x.Dims()
			for i := range n {
				x.Set(i, j, (x.At(i, j)-m)/s)
			}
		}
	}
}

// likeliest are the weights of greatest likelihood by Newton's method; link answers for
// ln p(t=s|a) with its first and second derivatives in a.
func likeliest(t *testing.T, x *mat.Dense, y []float64, link func(a, s float64) (l, d1, d2 float64)) []float64 {
	t.Helper()
	x = Config{Intercept: true}.design(x)
	n, d := x.Dims()
	w := make([]float64, d)
	for range 50 {
		h, g := mat.NewSymDense(d, nil), mat.NewVecDense(d, nil)
		for i := range n {
			row := mat.NewVecDense(d, x.RawRowView(i))
			_, d1, d2 := link(mat.Dot(row, mat.NewVecDense(d, w)), 2*y[i]-1)
			h.SymRankOne(h, -d2, row)
			g.AddScaledVec(g, d1, row)
		}
		var c mat.Cholesky
		if !c.Factorize(h) {
			t.Fatal("the curvature of the likelihood is not positive definite")
		}
		var step mat.VecDense
		if err := c.SolveVecTo(&step, g); err != nil {
			t.Fatal(err)
		}
		for j := range w {
			w[j] += step.AtVec(j)
		}
		if mat.Norm(&step, 2) < 1e-12 {
			return w
		}
	}
	t.Fatal("Newton's method does not end")
	return nil
}

func logitLink(a, s float64) (l, d1, d2 float64) {
	p := sigmoid(-s * a)
	return logSigmoid(s * a), s * p, -p * (1 - p)
}

func probitLink(a, s float64) (l, d1, d2 float64) {
	r := inverseMills(s * a)
	return LogNormalCDF(s * a), s * r, -r * (s*a + r)
}

// scores are the share of errors and the log loss of every row, in nats.
func scores(x *mat.Dense, y []float64, predict func(row []float64) float64) (wrong float64, loss []float64) {
	for i, t := range y {
		p := predict(x.RawRowView(i))
		if (p > .5) != (t == 1) {
			wrong += 1 / float64(len(y))
		}
		loss = append(loss, -math.Log(t*p+(1-t)*(1-p)))
	}
	return wrong, loss
}

// The test of 332 women was drawn beside the 200 of training (Ripley 1996): Ripley's logistic
// regression errs on 66 of them. The standard error of a share is 2.2 %, and what is compared
// here are methods on the same women.
func TestPimaIsClassifiedAsWellAsByMaximumLikelihood(t *testing.T) {
	x, y := pima(t, "Pima.tr.csv")
	xt, yt := pima(t, "Pima.te.csv")
	standardise(x, xt)
	for _, ard := range []bool{false, true} {
		cfg := Default()
		cfg.ARD = ard
		l, err := FitLogistic(ctx, x, y, cfg)
		if err != nil || !l.Converged {
			t.Fatal(err)
		}
		p, err := FitProbit(ctx, x, y, cfg)
		if err != nil || !p.Converged {
			t.Fatal(err)
		}
		better(t, "logistic", x, y, xt, yt, logitLink, func(a float64) float64 { return sigmoid(a) }, l.Predict)
		better(t, "probit", x, y, xt, yt, probitLink, func(a float64) float64 { return math.Exp(LogNormalCDF(a)) }, p.Predict)
		t.Logf("ARD %v: bounds %.4f and %.4f after %d and %d sweeps", ard, last(l.Bound), last(p.Bound), len(l.Bound), len(p.Bound))
	}
}

// better compares a fit with maximum likelihood on new data.
func better(t *testing.T, what string, x *mat.Dense, y []float64, xt *mat.Dense, yt []float64, link func(a, s float64) (l, d1, d2 float64), mean func(a float64) float64, predict func(row []float64) (p, v float64, err error)) {
	t.Helper()
	w := likeliest(t, x, y, link)
	mlWrong, mlLoss := scores(xt, yt, func(row []float64) float64 {
		a := w[len(row)]
		for j, v := range row {
			a += v * w[j]
		}
		return mean(a)
	})
	wrong, loss := scores(xt, yt, func(row []float64) float64 {
		p, v, err := predict(row)
		if err != nil || !(p > 0 && p < 1) || !(v >= 0 && v <= p*(1-p)) {
			t.Fatalf("got p %g, variance %g, %v", p, v, err)
		}
		return p
	})
	t.Logf("%s: error %.2f %% and log loss %.4f; maximum likelihood %.2f %% and %.4f", what, 100*wrong, stat.Mean(loss, nil), 100*mlWrong, stat.Mean(mlLoss, nil))
	// No worse than by chance: six women in 332, and two standard errors of the difference
	// of the log losses on the same women.
	for i := range loss {
		loss[i] -= mlLoss[i]
	}
	m, s := stat.MeanStdDev(loss, nil)
	if wrong > mlWrong+6./332 || m > 2*s/math.Sqrt(float64(len(loss))) {
		t.Errorf("%s is worse than maximum likelihood", what)
	}
}
