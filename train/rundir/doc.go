// Package rundir holds what every run directory has, whatever model was trained in it: the names
// of its files, the circumstances that are recorded, a history of one JSON object a line, and
// the model's name, by which a program chooses who can read the rest.
//
// Its errors begin with "train:", the work that a run directory is the result of.
package rundir

// Names of the files of a run directory.
const (
	ConfigFile  = "config.json"   // everything that decides the result
	InfoFile    = "run.json"      // circumstances
	HistoryFile = "metrics.jsonl" // a line an epoch
	ResultFile  = "eval.json"     // figures of the finished run
	Checkpoints = "checkpoints"   // folder of package ckpt
)
