package runner

import "github.com/collider-amqp/collider/sim"

// boundless stands for a number of runs to which a search or a time sets the end.
const boundless = 1 << 48

// newSearch returns a new search, nil if the name is that of another strategy.
func newSearch(strategy string) (*sim.Search, error) {
	s, err := sim.ParseStrategy(strategy)
	search, _ := s.(*sim.Search)
	return search, err
}

// searched reports whether the plans are searches that are complete.
func (b *batch) searched() bool {
	for i := range b.plans {
		if s := b.plans[i].search; s == nil || !s.Report().Complete {
			return false
		}
	}
	return true
}

func (p *plan) searchReport() *sim.SearchReport {
	if p.search == nil {
		return nil
	}
	r := p.search.Report()
	return &r
}
