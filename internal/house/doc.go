// Package house holds the rules that every file of the module keeps: imports point down the
// table of layers, exported identifiers are documented, files and functions stay short,
// tests are at least as long as what they test, and generated files are current.
//
// The package has no code outside its tests. Each rule is a function over parsed files, so
// that a made-up tree which breaks the rule shows that the rule would be noticed.
package house
