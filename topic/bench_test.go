package topic

import "testing"

// BenchmarkPress fits 50 topics to the press in ten sweeps and says how well they predict.
func BenchmarkPress(b *testing.B) {
	train, test := press(b)
	c := Default(50)
	c.Sweeps, c.BoundEvery = 10, 10
	for b.Loop() {
		m, err := Fit(b.Context(), train, c)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		got, err := m.Complete(test, c)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(got.Perplexity, "perplexity")
		b.StartTimer()
	}
}

func BenchmarkExpDigamma(b *testing.B) {
	s, x := 0.0, 0.01
	for b.Loop() {
		s += expDigamma(x)
		x += 0.01
	}
	if s < 0 {
		b.Fatal(s)
	}
}
