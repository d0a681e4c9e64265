package report

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/plot"
)

// hasCodes asks for three rows of real numbers: fewer make no cloud.
func hasCodes(s *scene) bool { return s.can["encode"] && s.n >= 3 && !s.indexed() }

// drawLatent draws the codes of test rows in the plane, coloured by class or by the first
// generating factor.
func drawLatent(_ context.Context, s *scene, title string, w io.Writer) (string, error) {
	xy, xl, yl, how, err := s.plane()
	if err != nil {
		return "", err
	}
	caption := fmt.Sprintf("Means of q(z|x) of %s, %s.", count(s.n, "test row"), how)
	if s.show.Labels == nil && len(s.show.Factors) > 0 {
		f := s.show.Factors[0]
		values := make([]float64, s.n)
		for i, v := range f.Values {
			values[i] = float64(v)
		}
		return caption + " A colour that changes smoothly along some direction means that the code has found the factor.",
			plot.ScatterValues(w, xy, values, f.Name, title, xl, yl)
	}
	if s.show.Labels != nil {
		caption += " The colours are the classes, which the model has not seen: classes that lie apart were found from the data alone."
	}
	if s.can["sample"] {
		caption += " The cloud as a whole should look like the prior; holes and islands are regions where samples will be poor."
	}
	labels, classes := s.classes()
	return caption, plot.Scatter(w, xy, labels, classes, title, xl, yl)
}

// classes are the labels of the rows and the names of the classes, which are numbers where the
// data have no names. Labels of more classes than can be told apart are left out.
func (s *scene) classes() (labels []int32, classes []string) {
	const most = 256
	classes = slices.Clone(s.show.Classes)
	for _, l := range s.show.Labels {
		if l >= most {
			return nil, nil
		}
		for int(l) >= len(classes) {
			classes = append(classes, strconv.Itoa(len(classes)))
		}
	}
	return s.show.Labels, classes
}

// plane places the codes in two dimensions and says how.
func (s *scene) plane() (xy [][2]float64, xl, yl, how string, err error) {
	xy = make([][2]float64, s.n)
	switch s.latent {
	case 1:
		for i := range xy {
			xy[i] = [2]float64{float64(s.mean[i]), math.Sqrt(float64(s.variance[i]))}
		}
		return xy, "posterior mean of z0", "posterior standard deviation", "against its standard deviation", nil
	case 2:
		for i := range xy {
			xy[i] = [2]float64{float64(s.code(i)[0]), float64(s.code(i)[1])}
		}
		return xy, "z0", "z1", "as they are", nil
	}
	rows := make([][]float64, s.n)
	for i := range rows {
		rows[i] = make([]float64, s.latent)
		for j, v := range s.code(i) {
			rows[i][j] = float64(v)
		}
	}
	p, err := eval.PCA(rows, 2)
	if err != nil {
		return nil, "", "", "", err
	}
	for i, score := range p.Scores {
		xy[i] = [2]float64{score[0], score[1]}
	}
	share := func(j int) float64 { return 100 * p.Explained[j] / math.Max(p.Total, math.SmallestNonzeroFloat64) }
	how = fmt.Sprintf("projected from %d dimensions onto the two directions of largest variance, which keep %.0f %% of it", s.latent, share(0)+share(1))
	return xy, fmt.Sprintf("first principal component (%.0f %%)", share(0)), fmt.Sprintf("second principal component (%.0f %%)", share(1)), how, nil
}
