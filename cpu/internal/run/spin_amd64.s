//go:build amd64 && !noasm

#include "textflag.h"

// func spin(word *atomic.Uint32, want uint32, n int) bool
TEXT ·spin(SB), NOSPLIT, $0-25
	MOVQ word+0(FP), DI
	MOVL want+8(FP), SI
	MOVQ n+16(FP), CX

again:
	MOVL  (DI), AX
	SUBL  SI, AX
	TESTL AX, AX
	JPL   reached
	PAUSE
	DECQ  CX
	JNZ   again
	MOVB  $0, ret+24(FP)
	RET

reached:
	MOVB $1, ret+24(FP)
	RET
