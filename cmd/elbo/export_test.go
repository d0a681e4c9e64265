package main

import (
	"archive/zip"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/train"
)

// Both formats hold the parameters of the model by name, and its config.
func TestExport(t *testing.T) {
	f := shared(t)
	m, err := elbo.Open(f.images)
	if err != nil {
		t.Fatal(err)
	}
	want, _, err := train.Tensors(m.Run().Net.Params)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	tensors, archive := filepath.Join(dir, "m.safetensors"), filepath.Join(dir, "m.npz")
	mustRun(t, "export", f.images, "--out", tensors)
	mustRun(t, "export", f.images, "--out", archive, "--json")
	file, err := os.Open(tensors)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	got, meta, err := ckpt.ReadTensors(file, ckpt.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var c train.Config
	if err := json.Unmarshal([]byte(meta["config"]), &c); err != nil || c.Latent != 3 || meta["model"] != "vae" {
		t.Errorf("metadata: got %v (%v), want the config", meta, err)
	}
	if len(got) != len(want) {
		t.Fatalf("got %d tensors, want %d", len(got), len(want))
	}
	values := 0
	for i := range got {
		if got[i].Name != want[i].Name || string(got[i].Data) != string(want[i].Data) {
			t.Errorf("tensor %d: got %s, want the values of %s", i, got[i].Name, want[i].Name)
		}
		values += len(got[i].Data) / 4
	}
	// 784→32, 32→3 twice, 3→32, 32→784, with biases.
	if n := 784*32 + 32 + 2*(32*3+3) + 3*32 + 32 + 32*784 + 784; values != n {
		t.Errorf("got %d values, want %d", values, n)
	}
	checkArchive(t, archive, want)
}

// checkArchive compares the arrays of an npz file with tensors.
func checkArchive(t *testing.T, path string, want []ckpt.Tensor) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if len(z.File) != len(want)+2 {
		t.Fatalf("%s: got %d members, want %d and two of JSON", path, len(z.File), len(want))
	}
	for i, w := range want {
		if z.File[i].Name != w.Name+".npy" {
			t.Errorf("member %d: got %s, want %s.npy", i, z.File[i].Name, w.Name)
		}
		if len(w.Shape) == 0 {
			continue
		}
		member, err := z.File[i].Open()
		if err != nil {
			t.Fatal(err)
		}
		s, _, err := data.Read(member, "npy", data.ReadOptions{})
		if err != nil {
			t.Fatalf("%s: %v", w.Name, err)
		}
		v, err := w.Float32s()
		if err != nil {
			t.Fatal(err)
		}
		for j := range v {
			if s.X[j] != v[j] {
				t.Fatalf("%s: value %d: got %v, want %v", w.Name, j, s.X[j], v[j])
			}
		}
	}
	member, err := z.Open("config.json")
	if err != nil {
		t.Fatal(err)
	}
	var c train.Config
	if err := json.NewDecoder(member).Decode(&c); err != nil || c.Model != "vae" {
		t.Errorf("config.json: got %+v (%v), want that of the run", c, err)
	}
}
