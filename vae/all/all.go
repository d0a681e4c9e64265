// Package all registers every model of the module: a program that is to know them by name imports it
// for nothing else,
//
//	import _ "github.com/elbo-go/elbo/vae/all"
package all

import (
	_ "github.com/elbo-go/elbo/vae/adversarial"
	_ "github.com/elbo-go/elbo/vae/codes"
	_ "github.com/elbo-go/elbo/vae/curved"
	_ "github.com/elbo-go/elbo/vae/expost"
	_ "github.com/elbo-go/elbo/vae/hierarchy"
	_ "github.com/elbo-go/elbo/vae/labels"
	_ "github.com/elbo-go/elbo/vae/regularised"
)
