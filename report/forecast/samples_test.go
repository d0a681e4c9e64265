package forecast

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// With ELBO_FORECAST set to a folder, reports of real fits are left there to look at.
func TestSampleReports(t *testing.T) {
	folder := os.Getenv("ELBO_FORECAST")
	if folder == "" {
		t.Skip("set ELBO_FORECAST to a folder to have sample reports written")
	}
	for name, make := range map[string]func(t *testing.T) Input{
		"cubic": cubicSample, "cubic-ensemble": ensembleSample, "yacht": yachtSample, "boston": bostonSample, "pima": pimaSample, "iris": irisSample,
	} {
		t.Run(name, func(t *testing.T) {
			in := make(t)
			names, err := Write(context.Background(), filepath.Join(folder, name), in)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(names)
		})
	}
}

// fitted trains on some rows and makes an input of others.
func fitted(t *testing.T, x [][]float32, y []float64, trainRows, testRows []int, c bnn.Config) (Input, *bnn.Net) {
	t.Helper()
	in := Input{Seed: 1, Command: "elbo train bnn"}
	c.Progress = func(p bnn.Progress) { in.History = append(in.History, p) }
	var tx [][]float32
	var ty []float64
	for _, i := range trainRows {
		tx, ty = append(tx, x[i]), append(ty, y[i])
	}
	net, err := bnn.Fit(context.Background(), tx, ty, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range testRows {
		in.X, in.Y = append(in.X, x[i]), append(in.Y, y[i])
	}
	if in.Predictions, err = net.Predict(in.X); err != nil {
		t.Fatal(err)
	}
	in.At = net.Predict
	return in, net
}

// cubicRows are rows of y = x³ + N(0, 3²) on [−4, 4].
func cubicRows(n int) (x [][]float32, y []float64) {
	u, e := make([]float32, n), make([]float64, n)
	rng.New(3).Named("x").Uniform(u)
	rng.New(3).Named("y").NormalFloat64(e)
	for i := range n {
		v := 8*u[i] - 4
		x, y = append(x, []float32{v}), append(y, math.Pow(float64(v), 3)+3*e[i])
	}
	return x, y
}

func cubicSample(t *testing.T) Input {
	x, y := cubicRows(100)
	in, _ := fitted(t, x, y, count(100)[:40], count(100)[40:], bnn.Config{Noise: 3, Seed: 1})
	in.Title, in.Target, in.Columns = "A cubic", "y (metres)", []string{"x"}
	in.Config = [][2]string{{"method", "vi"}}
	return in
}

func ensembleSample(t *testing.T) Input {
	x, y := cubicRows(100)
	in, _ := fitted(t, x, y, count(100)[:40], count(100)[40:], bnn.Config{Method: "ensemble", Epochs: 500, Seed: 1})
	in.Title, in.Target, in.Columns, in.At = "A cubic by an ensemble, no net at hand", "y", []string{"x"}, nil
	return in
}

// uci reads a table of the UCI benchmarks with its first split.
func uci(t *testing.T, name string) (x [][]float32, y []float64, train, test []int) {
	t.Helper()
	dir := filepath.Join(tk.DataDir(t), "uci-"+name)
	numbers := func(file string) (out [][]float64) {
		f, err := os.Open(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		for sc := bufio.NewScanner(z); sc.Scan(); {
			var row []float64
			for _, w := range strings.Fields(sc.Text()) {
				v, err := strconv.ParseFloat(w, 64)
				if err != nil {
					t.Fatal(err)
				}
				row = append(row, v)
			}
			out = append(out, row)
		}
		return out
	}
	held := map[int]bool{}
	for _, v := range numbers("splits-test-rows.txt.gz")[0] {
		held[int(v)] = true
	}
	for i, row := range numbers("data.txt.gz") {
		var r []float32
		for _, v := range row[:len(row)-1] {
			r = append(r, float32(v))
		}
		x, y = append(x, r), append(y, row[len(row)-1])
		if held[i] {
			test = append(test, i)
		} else {
			train = append(train, i)
		}
	}
	return x, y, train, test
}

func yachtSample(t *testing.T) Input {
	x, y, train, test := uci(t, "yacht")
	in, _ := fitted(t, x, y, train, test, bnn.Config{Method: "swag", Head: "heteroscedastic", Seed: 1})
	in.Title, in.Target = "Yacht hydrodynamics", "residuary resistance per unit weight"
	in.Columns = []string{"centre of buoyancy", "prismatic coefficient", "length–displacement ratio", "beam–draught ratio", "length–beam ratio", "Froude number"}
	return in
}

func bostonSample(t *testing.T) Input {
	x, y, train, test := uci(t, "bostonHousing")
	var many []int // a third of the rows, for a fuller picture
	for i := range x {
		if i%3 == 0 {
			many = append(many, i)
		}
	}
	_ = test
	var rest []int
	for _, i := range train {
		if i%3 != 0 {
			rest = append(rest, i)
		}
	}
	in, _ := fitted(t, x, y, rest, many, bnn.Config{Seed: 1})
	in.Title, in.Target = "Boston housing", "median price (1,000 $)"
	in.Columns = strings.Fields("crime zoned industry river nox rooms age distance highways tax pupils black status")
	in.Figures = [][2]string{{"RMSE", "3.1"}, {"Log-likelihood", "−2.5 nats a row"}}
	in.Warnings = []string{"intervals too narrow: they hold 80 % where 90 % are meant", "a warning without a name"}
	in.Environment = [][2]string{{"elbo", "dev"}}
	return in
}

// csvRows reads a small table: numbers and the class in the last column.
func csvRows(t *testing.T, names ...string) (x [][]float32, y []float64, columns, classes []string) {
	t.Helper()
	for _, name := range names {
		f, err := os.Open(filepath.Join(tk.DataDir(t), "small-tables", name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		all, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		columns = all[0][1 : len(all[0])-1]
		for _, rec := range all[1:] {
			var row []float32
			for _, cell := range rec[1 : len(rec)-1] {
				v, err := strconv.ParseFloat(cell, 32)
				if err != nil {
					t.Fatal(err)
				}
				row = append(row, float32(v))
			}
			k := 0
			for ; k < len(classes) && classes[k] != rec[len(rec)-1]; k++ {
			}
			if k == len(classes) {
				classes = append(classes, rec[len(rec)-1])
			}
			x, y = append(x, row), append(y, float64(k))
		}
	}
	return x, y, columns, classes
}

func pimaSample(t *testing.T) Input {
	x, y, columns, classes := csvRows(t, "Pima.tr.csv", "Pima.te.csv")
	in, net := fitted(t, x, y, count(150), count(len(x))[200:], bnn.Config{Head: "classes", Method: "ensemble", Epochs: 600, Seed: 1})
	in.Title, in.Target, in.Columns, in.Classes = "Diabetes of Pima women", "type", columns, classes
	held, err := net.Predict(x[150:200])
	if err != nil {
		t.Fatal(err)
	}
	var logits [][]float64
	var labels []int
	for i, p := range held {
		var l []float64
		for _, v := range p.Probs {
			l = append(l, math.Log(v))
		}
		logits, labels = append(logits, l), append(labels, int(y[150+i]))
	}
	if in.Temperature, err = eval.Temperature(logits, labels); err != nil {
		t.Fatal(err)
	}
	return in
}

func irisSample(t *testing.T) Input {
	x, y, columns, classes := csvRows(t, "iris.csv")
	var train, test []int
	for i := range x {
		if i%3 == 0 {
			test = append(test, i)
		} else {
			train = append(train, i)
		}
	}
	in, _ := fitted(t, x, y, train, test, bnn.Config{Head: "classes", Seed: 1})
	in.Title, in.Target, in.Columns, in.Classes = fmt.Sprintf("Iris, %d classes", len(classes)), "species", columns, classes
	return in
}
