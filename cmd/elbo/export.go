package main

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/train"
)

func init() { commands = append(commands, newExport) }

// newExport builds `elbo export`.
func newExport(io streams) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "export RUN",
		Short: "Write the parameters of a model for other programs",
		Long: `Write the parameters by name as float32. A .safetensors file has the config in its
metadata, a .npz file in the member config.json. Weights of a dense layer are in × out.`,
		Example: "  elbo export runs/vae-digits-001 --out model.safetensors",
		Args:    exactly(1, "RUN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.out == "" {
				return misusef("--out FILE is missing: a name that ends in .safetensors or .npz")
			}
			if err := f.checkOut(".safetensors", ".npz"); err != nil {
				return err
			}
			m, err := f.open(args[0])
			if err != nil {
				return err
			}
			return f.export(io.out, m)
		},
	}
	f.bind(cmd)
	outFlag(cmd, &f.out, "`file` to write: .safetensors or .npz")
	return cmd
}

// export writes the parameters and reports how many there are.
func (f *runFlags) export(out io.Writer, m *elbo.Model) error {
	tensors, _, err := train.Tensors(m.Run().Net.Params)
	if err != nil {
		return err
	}
	config, err := json.Marshal(m.Run().Config)
	if err != nil {
		return err
	}
	info, err := json.Marshal(m.Run().Info)
	if err != nil {
		return err
	}
	write := func(w io.Writer) error {
		return ckpt.WriteTensors(w, tensors, map[string]string{"format": "elbo", "model": m.Run().Config.Model, "config": string(config), "run": string(info)})
	}
	if strings.EqualFold(filepath.Ext(f.out), ".npz") {
		write = func(w io.Writer) error {
			return writeNPZ(w, tensors, map[string][]byte{"config.json": config, "run.json": info})
		}
	}
	if err := atomicfile.WriteFile(f.out, write); err != nil {
		return err
	}
	values := m.Run().Net.Params.Count()
	switch {
	case f.json:
		return json.NewEncoder(out).Encode(map[string]any{"file": f.out, "tensors": len(tensors), "values": values})
	case f.quiet:
		return nil
	}
	_, err = fmt.Fprintf(out, "%s: %d tensors, %d values\n", f.out, len(tensors), values)
	return err
}

// writeNPZ writes tensors of float32 as a zip file of NPY arrays, followed by other members.
// Members carry no time, so that equal models give equal files.
func writeNPZ(w io.Writer, tensors []ckpt.Tensor, extra map[string][]byte) error {
	z := zip.NewWriter(w)
	for _, t := range tensors {
		member, err := z.Create(t.Name + ".npy")
		if err != nil {
			return err
		}
		v, err := t.Float32s()
		if err != nil {
			return err
		}
		if err := data.WriteNPY(member, t.Shape, v); err != nil {
			return err
		}
	}
	for _, name := range []string{"config.json", "run.json"} {
		member, err := z.Create(name)
		if err != nil {
			return err
		}
		if _, err := member.Write(extra[name]); err != nil {
			return err
		}
	}
	return z.Close()
}
