package data

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
	"strconv"
)

// writeCSV writes a header and one record a row.
func writeCSV(w io.Writer, s *Set) error {
	bw := bufio.NewWriter(w)
	cw := csv.NewWriter(bw)
	rec := make([]string, 0, s.Dim()+1)
	for j := range s.Dim() {
		name := columnName(j)
		if len(s.Columns) == s.Dim() {
			name = s.Columns[j].Name
		}
		rec = append(rec, name)
	}
	if s.Labels != nil {
		label := "label"
		for slices.Contains(rec, label) {
			label = "_" + label
		}
		rec = append(rec, label)
	}
	if err := cw.Write(rec); err != nil {
		return err
	}
	for i := range s.Len() {
		rec = rec[:0]
		for _, v := range s.Row(i) {
			rec = append(rec, strconv.FormatFloat(float64(v), 'g', -1, 32))
		}
		if s.Labels != nil {
			rec = append(rec, s.class(i))
		}
		if err := cw.Write(rec); err != nil {
			return err
		}
	}
	if cw.Flush(); cw.Error() != nil {
		return cw.Error()
	}
	return bw.Flush()
}

// class is the name of the class of a row, empty for none.
func (s *Set) class(i int) string {
	if s.Labels[i] < 0 {
		return ""
	}
	return s.Classes[s.Labels[i]]
}

// writeJSONL writes one object a row.
func writeJSONL(w io.Writer, s *Set) error {
	bw := bufio.NewWriter(w)
	enc := json.NewEncoder(bw)
	var row struct {
		X     []float32 `json:"x"`
		Shape []int     `json:"shape,omitempty"`
		Label any       `json:"label,omitempty"`
	}
	if len(s.Shape) > 1 {
		row.Shape = s.Shape
	}
	for i := range s.Len() {
		row.X = s.Row(i)
		if s.Labels != nil {
			if row.Label = json.RawMessage("null"); s.Labels[i] >= 0 {
				row.Label = s.Classes[s.Labels[i]]
			}
		}
		if err := enc.Encode(row); err != nil {
			return err
		}
	}
	return bw.Flush()
}
