// Package ckpt keeps the checkpoints of a run: numbers in safetensors files and JSON beside them,
// written so that an acknowledged save survives a kill or a power loss, and checked against
// digests when they are read.
//
// A checkpoint folder holds
//
//	lock                        held by the one process that saves
//	last, best                  sealed JSON naming a step folder and the digest of its manifest
//	step-000000000100/
//	    model.safetensors
//	    optimizer.safetensors
//	    state.json
//	    manifest.json           sealed JSON: step, size and sha256 of each file
//
// All of it may come from a stranger: no length is believed before it is compared with the real
// one, and no name leads out of the folder.
package ckpt
