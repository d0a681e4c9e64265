// Package report turns a trained network and its data into the pictures and the report of a run
// directory, and sets several runs side by side.
//
// Every figure is one row of a table: its file, the ability and the data it needs, and how it
// is drawn. A figure that the model or the data does not allow is left out. Files depend on the
// input alone; all are drawn before the first is written, and each is replaced atomically.
package report
