//go:build !unfair

package workshops

// askOrder is the order in which those who wait are asked: that of the line.
const askOrder = lineOrder
