//go:build race

package data

// raceSlowdown is how many times longer a test may take under the race detector.
const raceSlowdown = 10
