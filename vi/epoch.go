package vi

// Epoch is one line of a run's history.
type Epoch struct {
	Epoch             int       `json:"epoch"`                // 1, 2, …
	Step              int64     `json:"step"`                 // steps done
	Stage             string    `json:"stage,omitempty"`      // of training, where the model has several
	Train             Record    `json:"train"`                // running mean over the epoch's batches
	Valid             Record    `json:"valid"`                // β = 1, after the epoch
	Telemetry         Telemetry `json:"telemetry"`            // on the validation rows
	ErrorRate         *float64  `json:"error_rate,omitempty"` // share of validation rows whose class the model misses; nil if it finds none, or none yet
	LR                float64   `json:"lr"`                   // learning rate at the end of the epoch
	Beta              float64   `json:"beta"`                 // β at the end of the epoch
	GradNorm          float64   `json:"grad_norm"`            // mean global gradient norm before clipping
	ExamplesPerSecond float64   `json:"examples_per_second"`  // training alone, without validation
	// Figures holds what the model keeps beside the terms, by name, as means over the epoch.
	Figures map[string]float64 `json:"figures,omitempty"`
}
