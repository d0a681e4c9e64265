// Package plot draws what a run has to show: curves of the bound and its terms, the KL of
// each latent dimension, grids of images, tables and lines, latent scatters, and one
// self-contained HTML report that holds them all.
//
// Every drawing function writes one PNG and nothing else. The bytes depend on the
// arguments alone. Lengths in the package are CSS pixels, each two device pixels wide
// and high, so that the pictures stay sharp on dense screens and in print.
package plot
