package eval

import "fmt"

// Votes says how [FactorScore] and [BetaScore] ask codes for the factor that a group of rows
// shares.
type Votes struct {
	// Train and Test are the groups that the classifier learns from and is judged on.
	Train, Test int
	// Rows are those of a group, or its pairs.
	Rows int
	// Floor is the variance up to which an element of the code counts as collapsed and has no vote.
	Floor float64
}

// DefaultVotes are 800 groups to learn from, as in Kim & Mnih 2018, as many to judge on, of 64 rows
// each; elements of variance up to .01, by which Burda et al. 2016 call a unit active, have no vote.
func DefaultVotes() Votes { return Votes{Train: 800, Test: 800, Rows: 64, Floor: .01} }

// VoteScore is the share of groups whose shared factor was found.
type VoteScore struct {
	Right, Groups int     // of the groups of the test, those whose factor was found
	Score         float64 // Right/Groups
	Lo, Hi        float64 // 95 % confidence interval (Clopper & Pearson 1934)
	Elements      int     // elements of the code that had a vote
}

// newVoteScore is the share with its interval.
func newVoteScore(right, groups, elements int) (s VoteScore, err error) {
	s = VoteScore{Right: right, Groups: groups, Score: float64(right) / float64(groups), Elements: elements}
	s.Lo, s.Hi, err = ProportionInterval(right, groups, .95)
	return s, err
}

// check refuses numbers that give no vote.
func (v Votes) check(what string) error {
	if v.Train < 1 || v.Test < 1 || v.Rows < 2 || !(v.Floor >= 0) {
		return fmt.Errorf("eval: %s: votes: got %d and %d groups of %d rows, floor %v, want at least 1 and 1 of 2, and a floor of at least 0", what, v.Train, v.Test, v.Rows, v.Floor)
	}
	return nil
}

// groups draws rows that share the level of a factor.
type groups struct {
	*factored
	members [][][]int // F×levels, rows
}

// newGroups sorts the rows by level.
func newGroups(d *factored) *groups {
	g := &groups{factored: d}
	for k, level := range d.level {
		byLevel := make([][]int, d.levels[k])
		for i, l := range level {
			byLevel[l] = append(byLevel[l], i)
		}
		g.members = append(g.members, byLevel)
	}
	return g
}

// mates returns the rows that share factor k with a row.
func (g *groups) mates(k, row int) []int { return g.members[k][g.level[k][row]] }

// alive returns the elements of the code whose variance over rows is above the floor, with the
// variances of all.
func (d *factored) alive(floor float64) (elements []int, variance []float64) {
	for j := range d.codes[0] {
		v := varianceOf(column(d.codes, j))
		variance = append(variance, v)
		if v > floor {
			elements = append(elements, j)
		}
	}
	return elements, variance
}

// varianceOf is the mean square around the mean.
func varianceOf(x []float64) float64 {
	n, mean, sum := float64(len(x)), 0., 0.
	for _, v := range x {
		mean += v / n
	}
	for _, v := range x {
		sum += (v - mean) * (v - mean) / n
	}
	return sum
}
