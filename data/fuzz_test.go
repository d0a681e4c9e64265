package data

import "testing"

// fuzz runs one format on mutated specimens: a sound set or a FormatError, nothing else.
func fuzz(f *testing.F, format string) {
	for _, s := range specimens(f) {
		if s.format == format {
			f.Add(s.undamaged())
		}
	}
	opt := ReadOptions{Limits: hostileLimits}
	f.Fuzz(func(t *testing.T, b []byte) {
		checkHostile(t, format, b, opt)
		if format == "csv" {
			opt := ReadOptions{Label: "kind", Standardize: true, AllowNaN: true, Limits: hostileLimits}
			checkHostile(t, format, b, opt)
		}
	})
}

func FuzzIDX(f *testing.F)   { fuzz(f, "idx") }
func FuzzCSV(f *testing.F)   { fuzz(f, "csv") }
func FuzzNPY(f *testing.F)   { fuzz(f, "npy") }
func FuzzNPZ(f *testing.F)   { fuzz(f, "npz") }
func FuzzPNG(f *testing.F)   { fuzz(f, "png") }
func FuzzJPEG(f *testing.F)  { fuzz(f, "jpeg") }
func FuzzJSONL(f *testing.F) { fuzz(f, "jsonl") }
