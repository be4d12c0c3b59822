package wire

// GoldenSeeds are the golden octets of values and composites, for the fuzz targets.
var GoldenSeeds = goldenSeeds()

func goldenSeeds() [][]byte {
	var seeds [][]byte
	add := func(texts ...string) {
		for _, text := range texts {
			if b, err := parseOctets(text); err == nil && len(b) < 200 {
				seeds = append(seeds, b)
			}
		}
	}
	for _, rows := range [][]goldenValue{goldenScalars, goldenCompounds, goldenArrays} {
		for _, row := range rows {
			add(append([]string{row.bytes}, row.other...)...)
		}
	}
	for _, row := range goldenComposites() {
		add(append([]string{row.bytes}, row.other...)...)
	}
	return seeds
}
