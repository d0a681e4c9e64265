package data

import (
	"fmt"
	"strconv"
	"strings"
)

// penNode is a control point of a pen stroke in a box of height 1, y down. A corner breaks the
// tangent of the curve; a lift ends the stroke.
type penNode struct {
	x, y         float64
	corner, lift bool
}

// skeleton is one way to write a digit, with its share among the ways of its class.
type skeleton struct {
	share float64
	nodes []penNode
}

// digitShapes holds the ways to write each class. A control point is "x,y" in hundredths;
// "/" after a point makes it a corner, "|" lifts the pen.
var digitShapes = [10][]skeleton{
	{
		way(.7, "52,3 32,10 20,36 22,70 38,95 58,96 76,72 78,36 64,8 48,3"),
		way(.3, "60,8 40,5 22,30 20,66 40,97 62,92 78,62 74,26 56,6 40,10"),
	},
	{
		way(.75, "52,2 50,50 49,98"),
		way(.18, "36,22 46,12 54,2/ 53,50 52,98"),
		way(.07, "36,20 53,2/ 52,97 | 34,97 70,96"),
	},
	{
		way(.5, "22,24 34,7 56,3 72,17 68,40 46,68 20,94/ 48,92 80,93"),
		way(.5, "24,20 42,3 64,10 66,36 50,68 30,92 17,86 28,74 48,84 66,95 84,88"),
	},
	{
		way(.6, "24,14 44,3 66,10 68,30 42,46/ 66,52 76,72 60,94 36,97 20,86"),
		way(.4, "24,10 50,4 70,16 58,38 40,47 60,50 74,68 64,92 38,98 18,90"),
	},
	{
		way(.6, "30,6 24,30 20,54/ 48,56 80,50 | 70,4 66,50 62,98"),
		way(.4, "64,3 44,32 18,64/ 50,63 86,62 | 66,6 65,50 64,98"),
	},
	{
		way(.6, "76,5 54,5 34,6/ 31,24 27,44/ 48,38 70,52 72,76 52,96 20,90"),
		way(.4, "36,8 32,26 28,44/ 50,40 70,54 68,80 46,97 20,92 | 35,8 56,7 78,4"),
	},
	{
		way(.6, "66,3 44,22 28,50 24,78 40,97 62,92 72,74 60,58 42,62 28,80"),
		way(.4, "54,2 36,28 26,58 28,86 48,98 68,86 68,66 50,58 34,68 28,82"),
	},
	{
		way(.75, "20,10 48,8 78,7/ 68,34 54,66 44,98"),
		way(.25, "22,8 50,8 78,6/ 64,40 50,98 | 36,54 54,52 74,50"),
	},
	{
		way(.6, "70,16 54,3 34,8 30,26 48,44 66,62 68,84 50,97 32,88 32,66 50,46 68,28 71,14"),
		way(.4, "50,46 30,30 36,8 56,3 70,18 62,36 44,52 28,72 38,94 60,96 72,76 60,54 48,45"),
	},
	{
		way(.6, "72,22 58,5 38,8 27,28 38,46 58,42 72,20/ 70,50 66,98"),
		way(.4, "70,16 52,3 32,14 28,36 46,47 64,34 71,14/ 72,46 64,80 44,97 28,92"),
	},
}

// way parses one entry of digitShapes.
func way(share float64, text string) skeleton {
	s := skeleton{share: share}
	for _, w := range strings.Fields(text) {
		if w == "|" {
			s.nodes[len(s.nodes)-1].lift = true
			continue
		}
		w, corner := strings.CutSuffix(w, "/")
		xs, ys, ok := strings.Cut(w, ",")
		x, errX := strconv.ParseFloat(xs, 64)
		y, errY := strconv.ParseFloat(ys, 64)
		if !ok || errX != nil || errY != nil {
			panic(fmt.Sprintf("data: digits: control point: got %q, want x,y", w))
		}
		s.nodes = append(s.nodes, penNode{x: x / 100, y: y / 100, corner: corner})
	}
	return s
}
