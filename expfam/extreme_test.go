package expfam

import (
	"encoding/csv"
	"os"
	"strconv"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// TestExtremeParametersAgreeWithManyDigits reads a table that testdata/extreme.py made. The
// parameter η = a − 1 keeps a to 1e-16, of which a = 0.001 sees a relative 1e-13.
func TestExtremeParametersAgreeWithManyDigits(t *testing.T) {
	file, err := os.Open("testdata/extreme.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 37 {
		t.Fatalf("rows: got %d, want 37", len(rows))
	}
	for _, row := range rows[1:] {
		var v [5]float64
		for i, text := range row[1:] {
			if v[i], err = strconv.ParseFloat(text, 64); err != nil {
				t.Fatal(err)
			}
		}
		f, eta := Family(Gamma{}), Gamma{}.Natural(v[0], v[1])
		if row[0] == "beta" {
			if v[1] < 1e-3 {
				continue // η = b − 1 keeps no digits of b
			}
			f, eta = Beta{}, Beta{}.Natural(v[0], v[1])
		}
		a, u := expect(t, f, eta)
		name := row[0] + " " + row[1] + " " + row[2]
		// A of a Beta is a difference of ln Γ(1e9) = 2e10 and its like: 1e-16 of those.
		tol := 1e-12
		if row[0] == "beta" && v[0]+v[1] > 1e3 {
			tol = 1e-15 * (v[0] + v[1]) * 25
		}
		tk.Close(t, name+" A", a, v[2], tol)
		tk.Close(t, name+" first", u[0], v[3], 1e-12)
		tk.Close(t, name+" second", u[1], v[4], 1e-12)
	}
}
