// Goroutines that allocate from the C heap by way of cgo.
package main

/*
#include <stdlib.h>
#include <string.h>

static unsigned long churn(unsigned seed) {
	unsigned long sum = 0;
	char *blocks[64] = {0};
	for (int i = 0; i < 40000; i++) {
		seed = seed * 1664525u + 1013904223u;
		unsigned at = seed >> 26, size = 1 + (seed >> 12 & 0x3fff);
		if (blocks[at]) sum += strlen(blocks[at]);
		free(blocks[at]);
		blocks[at] = malloc(size);
		memset(blocks[at], 'c', size - 1);
		blocks[at][size - 1] = 0;
	}
	for (int i = 0; i < 64; i++) free(blocks[i]);
	return sum;
}
*/
import "C"

import (
	"fmt"
	"unsafe"
)

func main() {
	answers := make([]chan uint64, 8)
	for i := range answers {
		answers[i] = make(chan uint64)
		go func(i int) { answers[i] <- uint64(C.churn(C.uint(i))) }(i)
	}
	for _, answer := range answers {
		fmt.Println(<-answer)
	}
	text := C.CString("from the C heap")
	fmt.Println(C.GoString(text))
	C.free(unsafe.Pointer(text))
}
