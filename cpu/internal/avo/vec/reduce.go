package main

func (g *gen) reductions() {}
func (g *gen) adam()       {}
func (g *gen) rows()       {}
