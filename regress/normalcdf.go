package regress

import "github.com/elbo-go/elbo/internal/link"

// LogNormalCDF is ln Φ(x).
func LogNormalCDF(x float64) float64 { return link.LogNormalCDF(x) }

// inverseMills is φ(x)/Φ(x), the mean of a standard normal above −x.
func inverseMills(x float64) float64 { return link.InverseMills(x) }
