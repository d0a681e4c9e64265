package main

import (
	"fmt"
	"go/token"
	"go/types"
	"log"
	"os"
	"regexp"

	"github.com/mmcloughlin/avo/gotypes"
	"github.com/mmcloughlin/avo/reg"
)

// adamFields are the fields of vec.AdamParams, all float32, in order.
var adamFields = []string{"Beta1", "Rest1", "Beta2", "Rest2", "Correction1", "Correction2", "Rate", "Epsilon", "Decay", "Scale"}

// scope is a stand-in for package vec, with the types that signatures name; Pointer is
// unsafe.Pointer.
var scope = newScope()

func newScope() *types.Package {
	p := types.NewPackage("vec", "vec")
	insert := func(name string, t types.Type) { p.Scope().Insert(types.NewTypeName(token.NoPos, p, name, t)) }
	insert("Pointer", types.Typ[types.UnsafePointer])
	var fields []*types.Var
	for _, f := range adamFields {
		fields = append(fields, types.NewField(token.NoPos, p, f, types.Typ[types.Float32], false))
	}
	name := types.NewTypeName(token.NoPos, p, "AdamParams", nil)
	types.NewNamed(name, types.NewStruct(fields, nil), nil)
	p.Scope().Insert(name)
	return p
}

// signature sets the routine's signature.
func (g *gen) signature(expr string) {
	tv, err := types.Eval(token.NewFileSet(), scope, token.NoPos, expr)
	if err != nil {
		log.Fatal(err)
	}
	g.Signature(gotypes.NewSignature(scope, tv.Type.(*types.Signature)))
}

// importUnsafe adds the import that the file of stubs needs.
func importUnsafe(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	text = regexp.MustCompile(`(?m)^package .*$`).ReplaceAll(text, []byte("$0\n\nimport \"unsafe\""))
	return os.WriteFile(name, text, 0o666)
}

// pointer loads an argument of type unsafe.Pointer.
func (g *gen) pointer(name string) reg.Register {
	arg, err := g.Param(name).Resolve()
	if err != nil {
		log.Fatal(err)
	}
	r := g.GP64()
	g.MOVQ(arg.Addr, r)
	return r
}

// checkRegisters refuses code for AVX2 that uses registers of AVX-512.
func checkRegisters(name string, wide bool) error {
	text, err := os.ReadFile(name)
	if err != nil || wide {
		return err
	}
	if found := regexp.MustCompile(`\b([XY](1[6-9]|2\d|3[01])|[ZK]\d+)\b`).Find(text); found != nil {
		return fmt.Errorf("%s: got register %s, which AVX2 lacks", name, found)
	}
	return nil
}
