package vi

import "fmt"

// ScarceCodes is the share of the values of a codebook in use below which it has collapsed.
const ScarceCodes = .2

// ObserveCodes counts an evaluation of a model whose codes are indices, of which the given share of
// the values is in use, and returns the warnings that have just become due. The KL term of such a model
// is a rate and tells nothing.
func (m *Monitor) ObserveCodes(usage float64) (due []Warning) {
	const name = "codebook-collapse"
	next := map[string]int{}
	if usage < ScarceCodes {
		next[name] = m.Streak[name] + 1
		if next[name] == Patience {
			due = []Warning{{name, fmt.Sprintf("%.1f %% of the values of the code are in use", 100*usage),
				"try fewer values (--codes, --levels, --bits), a smaller --code-dim, --space cosine, --update simvq, --reset 1 or a larger --entropy"}}
		}
	}
	m.Streak = next
	return due
}
