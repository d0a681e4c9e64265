package data_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/elbo-go/elbo/data"
)

// A table of three rows, with a label column, brought to mean 0 and standard deviation 1.
func ExampleRead() {
	text := "length,width,kind\n1,5,plum\n2,5,pear\n3,5,plum\n"
	set, report, err := data.Read(strings.NewReader(text), "csv", data.ReadOptions{Label: "kind", Standardize: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.3f %v %v\n", set.X, set.Labels, set.Classes)
	for _, c := range report.Columns {
		fmt.Println(c.Name, c.Kind)
	}
	// Output:
	// [-1.225 0.000 0.000 0.000 1.225 0.000] [1 0 1] [pear plum]
	// length numeric
	// width constant
	// kind categorical
}

// What is wrong in a file comes with its place.
func ExampleFormatError() {
	_, _, err := data.Read(strings.NewReader("a,b\n1,2\n3,oops\n"), "csv", data.ReadOptions{})
	var fe *data.FormatError
	if errors.As(err, &fe) {
		fmt.Println(fe.Format, "|", fe.Field)
		fmt.Println(err)
	}
	// Output:
	// csv | row 3, column "b"
	// data: csv: row 3, column "b": got "oops", want a number; make it the label column, drop it, or write it as numbers
}
