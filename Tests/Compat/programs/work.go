// Maps, slices and goroutines on Go's own heap; the program is static.
package main

import (
	"crypto/sha256"
	"fmt"
	"sort"
	"strings"
)

func part(seed uint32) string {
	table := map[string]int{}
	for i := 0; i < 60000; i++ {
		seed = seed*1664525 + 1013904223
		table[fmt.Sprintf("key-%d", seed>>20)] += i
	}
	lines := make([]string, 0, len(table))
	for key, value := range table {
		lines = append(lines, fmt.Sprint(key, value))
	}
	sort.Strings(lines)
	return fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(lines, "\n"))))
}

func main() {
	answers := make([]chan string, 6)
	for i := range answers {
		answers[i] = make(chan string)
		go func(i int) { answers[i] <- part(uint32(i)) }(i)
	}
	for _, answer := range answers {
		fmt.Println(<-answer)
	}
}
