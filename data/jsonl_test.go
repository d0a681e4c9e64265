package data

import (
	"slices"
	"testing"
)

func TestJSONLReadsRowsShapesAndLabels(t *testing.T) {
	set, _, err := readString("jsonl", "\n{\"x\": [1, 2.5e-1], \"label\": \"b\"}\r\n{\"label\": \"a\", \"x\":[ -3 ,4]}", ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wantValues(t, set.X, 1, .25, -3, 4)
	if !slices.Equal(set.Labels, []int32{1, 0}) || !slices.Equal(set.Classes, []string{"a", "b"}) || len(set.Columns) != 2 {
		t.Errorf("got %+v", set)
	}
	set, _, err = readString("jsonl", "{\"x\":[1,2],\"shape\":[2,1],\"label\":10}\n{\"x\":[1,2],\"shape\":[2,1],\"label\":9}\n", ReadOptions{})
	if err != nil || !slices.Equal(set.Shape, []int{2, 1}) || !slices.Equal(set.Classes, []string{"9", "10"}) || set.Columns != nil {
		t.Errorf("got %+v, %v", set, err)
	}
	set, _, err = readString("jsonl", `{"label":"},\"]\u0041{","x":[1]}`, ReadOptions{})
	if err != nil || !slices.Equal(set.Classes, []string{`},"]A{`}) {
		t.Errorf("got %+v, %v, want the label with its escapes resolved", set, err)
	}
	set, _, err = readString("jsonl", "{\"x\":[1],\"label\":null}\n{\"x\":[3]}\n", ReadOptions{Standardize: true})
	if err != nil || set.Labels != nil {
		t.Fatalf("got %+v, %v", set, err)
	}
	wantValues(t, set.X, -1, 1)
}

func TestJSONLRefusesBadLinesAtTheirPlace(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":          {"", "row 1: got no row, want at least one line"},
		"blank":          {"\n \n", "got no row"},
		"no JSON":        {"x\n", "row 1: got invalid character 'x'"},
		"a list":         {"[1,2]\n", `row 1: got "[1,2]", want an object`},
		"unknown key":    {"{\"x\":[1],\"lable\":\"a\"}\n", `row 1: got key "\"lable\"", want x, label and shape`},
		"no x":           {"{\"label\":\"a\"}\n", `row 1, x: got "", want a list of numbers`},
		"x is null":      {"{\"x\":null}\n", `row 1, x: got "null", want a list of numbers`},
		"empty x":        {"{\"x\":[]}\n", "row 1, x: got an empty list"},
		"null in x":      {"{\"x\":[1]}\n{\"x\":[null]}\n", `row 2, x: got "null" at index 0, want a finite number`},
		"overflow":       {"{\"x\":[1,1e999]}\n", `row 1, x: got "1e999" at index 1`},
		"float32":        {"{\"x\":[1e39]}\n", `row 1, x: got "1e39" at index 0`},
		"nested":         {"{\"x\":[[1,2],[3,4]]}\n", `row 1, x: got "[1" at index 0`},
		"text":           {"{\"x\":[\"a,b\"]}\n", `row 1, x: got "\"a" at index 0`},
		"NaN":            {"{\"x\":[NaN]}\n", "row 1: got invalid character 'N'"},
		"ragged":         {"{\"x\":[1,2]}\n\n{\"x\":[1]}\n", "row 3, x: got shape [1], want [2] as in the first row"},
		"label missing":  {"{\"x\":[1],\"label\":\"a\"}\n{\"x\":[1]}\n", "row 2, label: got a row with a label beside one without"},
		"label too late": {"{\"x\":[1]}\n{\"x\":[1],\"label\":\"a\"}\n", "row 2, label: got a row with a label beside one without"},
		"label a list":   {"{\"x\":[1],\"label\":[1]}\n", `row 1, label: got "[1]", want a text or a number`},
		"shape":          {"{\"x\":[1,2],\"shape\":[3]}\n", "row 1, shape: got [3] for 2 values"},
		"shape wraps":    {"{\"x\":[1],\"shape\":[4294967296,4294967296]}\n", "row 1, shape: got [4294967296 4294967296]"},
		"key twice":      {"{\"x\":[1],\"x\":[2]}\n", `row 1: got key "\"x\""`},
		"empty object":   {" { } \n", `row 1, x: got "", want a list`},
		"shape of text":  {"{\"x\":[1],\"shape\":\"1\"}\n", `row 1, shape: got "\"1\"", want a list of whole numbers`},
		"no shape":       {"{\"x\":[1],\"shape\":[]}\n", "row 1, shape: got [] for 1 values"},
		"label true":     {"{\"x\":[1],\"label\":true}\n", `row 1, label: got "true"`},
		"two objects":    {"{\"x\":[1]} {\"x\":[1]}\n", "row 1: got invalid character '{' after top-level value"},
		"long line":      {"{\"x\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}", "row 1: got more than 80 bytes"},
		"rows":           {"{\"x\":[1]}\n{\"x\":[1]}\n{\"x\":[1]}\n{\"x\":[1]}\n{\"x\":[1]}\n", "row 5: got more than 4 rows"},
	} {
		_, _, err := readString("jsonl", c.text, ReadOptions{Limits: Limits{MaxRecordBytes: 80, MaxRows: 4}})
		t.Run(name, func(t *testing.T) { wantFormatError(t, err, c.want) })
	}
	_, _, err := readString("jsonl", "{\"x\":[1,2,3,4,5,6,7]}", ReadOptions{Limits: Limits{MaxBytes: 24}})
	wantFormatError(t, err, "row 1, x: got more than 24 bytes of values")
}
