package data

import "fmt"

// Windows cuts a series, one row a point of time, into windows of length points that begin every
// stride points, and returns them as rows of length times as many values, the columns of a point
// side by side, with the point that each begins at. The last window ends with the series, so that
// every point lies in one, and so may begin sooner than a stride after the one before it.
//
// Windows that overlap share points: split a series in time and not window by window, or the
// validation rows are the training rows over again. A window takes the largest class of its points,
// so that with normal points as class 0 it is normal if all of them are.
func Windows(series *Set, length, stride int) (*Set, []int, error) {
	if len(series.Shape) != 1 {
		return nil, nil, fmt.Errorf("data: windows: got points of shape %v, want rows of a table, one a point of time", series.Shape)
	}
	n, c := series.Len(), series.Dim()
	if length < 1 || length > n {
		return nil, nil, fmt.Errorf("data: windows: length: got %d, want 1 to %d, the points of the series", length, n)
	}
	if stride < 1 {
		return nil, nil, fmt.Errorf("data: windows: stride: got %d, want at least 1", stride)
	}
	var starts []int
	for s := 0; s+length <= n; s += stride {
		starts = append(starts, s)
	}
	if last := n - length; starts[len(starts)-1] != last {
		starts = append(starts, last)
	}
	out := &Set{Name: series.Name, Shape: []int{length * c}, Classes: series.Classes, Columns: windowColumns(series, length)}
	for _, s := range starts {
		out.X = append(out.X, series.X[s*c:(s+length)*c]...)
		if series.Labels != nil {
			top := series.Labels[s]
			for _, l := range series.Labels[s : s+length] {
				top = max(top, l)
			}
			out.Labels = append(out.Labels, top)
		}
	}
	return out, starts, nil
}

// windowColumns names the values of a window by time and column: t0 value, t1 value, …
func windowColumns(series *Set, length int) []Column {
	var out []Column
	for t := range length {
		for j := range series.Dim() {
			name := fmt.Sprintf("x%d", j)
			c := Column{Scale: 1}
			if j < len(series.Columns) {
				c, name = series.Columns[j], series.Columns[j].Name
			}
			c.Name = fmt.Sprintf("t%d %s", t, name)
			out = append(out, c)
		}
	}
	return out
}
