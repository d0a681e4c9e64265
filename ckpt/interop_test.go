package ckpt

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// numpyTypes are the element types that numpy shares with the format, in the order of make.py.
var numpyTypes = []struct{ numpy, dtype string }{
	{"bool", "BOOL"}, {"uint8", "U8"}, {"int8", "I8"}, {"int16", "I16"}, {"uint16", "U16"}, {"float16", "F16"},
	{"int32", "I32"}, {"uint32", "U32"}, {"float32", "F32"}, {"int64", "I64"}, {"uint64", "U64"}, {"float64", "F64"},
}

// pythonFiles is what testdata/python/make.py wrote, names in rising order.
func pythonFiles() [][]Tensor {
	var files [][]Tensor
	for _, t := range numpyTypes {
		files = append(files, []Tensor{{"x", t.dtype, []int{3, 2}, nil}})
	}
	var layers []Tensor
	for i := range 12 {
		layers = append(layers, Tensor{fmt.Sprintf("layer.%02d.weight", i), "F32", []int{i + 1, 2}, nil})
	}
	files = append(files,
		[]Tensor{{"scalar", "F32", nil, nil}},
		[]Tensor{{"empty", "F64", []int{0, 3}, nil}, {"full", "F64", []int{1}, nil}},
		[]Tensor{{"a", "U8", []int{3}, nil}, {"b", "F64", []int{2}, nil}, {"c", "I16", []int{1, 1, 1, 1}, nil}},
		[]Tensor{{"name with space", "F32", []int{2}, nil}, {`quote"s`, "F32", []int{1}, nil}, {"é日", "F32", []int{1}, nil}},
		[]Tensor{{"deep", "F32", []int{1, 2, 1, 3, 1, 2}, nil}},
		layers,
		[]Tensor{{"meta", "F32", []int{2, 2}, nil}},
		[]Tensor{{"big", "F32", []int{32, 17}, nil}, {"mask", "BOOL", []int{9}, nil}, {"step", "I64", nil, nil}},
	)
	for f, tensors := range files {
		for k := range tensors {
			_, size := lookupDType(tensors[k].DType)
			n, _ := byteLen(tensors[k].Shape, size)
			data := make([]byte, n)
			for i := range data {
				data[i] = byte((31*f + 17*k + 7*i) % 251)
				if tensors[k].DType == "BOOL" {
					data[i] %= 2
				}
			}
			tensors[k].Data = data
		}
	}
	return files
}

func byName(a, b Tensor) int { return strings.Compare(a.Name, b.Name) }

func TestFilesFromPythonLoadBitEqual(t *testing.T) {
	files := pythonFiles()
	if len(files) != 20 {
		t.Fatalf("files: got %d, want 20", len(files))
	}
	for f, want := range files {
		path := filepath.Join("testdata", "python", fmt.Sprintf("%02d.safetensors", f))
		tensors, meta, err := ParseTensors(read(t, path), Limits{})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		slices.SortFunc(tensors, byName)
		if !equal(Checkpoint{Model: tensors}, Checkpoint{Model: want}) {
			t.Errorf("%s: got other tensors than Python saved", path)
		}
		if note := meta["note"]; (note == "line\nbreak") != (f == 18) {
			t.Errorf("%s: metadata: got %v", path, meta)
		}
	}
}

func TestPythonLoadsOurFilesBitEqual(t *testing.T) {
	python := os.Getenv("ELBO_PYTHON")
	if python == "" {
		python = "python3"
	}
	if err := exec.Command(python, "-c", "import numpy, safetensors").Run(); err != nil {
		t.Skip("no Python with numpy and safetensors here; ELBO_PYTHON can name one")
	}
	args := []string{filepath.Join("testdata", "python", "check.py")}
	want := map[string]Tensor{}
	dir := t.TempDir()
	for f, tensors := range pythonFiles() {
		var b bytes.Buffer
		if err := WriteTensors(&b, tensors, map[string]string{"file": fmt.Sprint(f), "é": "\"\n"}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, fmt.Sprintf("%02d.safetensors", f))
		write(t, path, b.Bytes())
		args = append(args, path)
		for _, x := range tensors {
			want[path+x.Name] = x
		}
	}
	out, err := exec.Command(python, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for line := range bytes.Lines(out) {
		var got struct {
			File, Name, DType, Data string
			Shape                   []int
			Meta                    map[string]string
		}
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		x := want[got.File+got.Name]
		delete(want, got.File+got.Name)
		i := slices.IndexFunc(numpyTypes, func(n struct{ numpy, dtype string }) bool { return n.dtype == x.DType })
		if i < 0 || numpyTypes[i].numpy != got.DType || !slices.Equal(got.Shape, x.Shape) || got.Data != hex.EncodeToString(x.Data) || got.Meta["é"] != "\"\n" {
			t.Errorf("%s %s: Python got other values: %s", got.File, got.Name, line)
		}
	}
	if len(want) != 0 {
		t.Errorf("Python saw %d tensors too few", len(want))
	}
}
