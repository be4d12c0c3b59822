package wire

import "testing"

func TestGoldenSecurity(t *testing.T) { testGoldenComposites(t, goldenSecurity) }

var goldenSecurity = []goldenComposite{
	{"sasl-mechanisms", &SASLMechanisms{SASLServerMechanisms: []Symbol{"PLAIN", "ANONYMOUS"}}, `
		00 53 40
		c0 15 01               // list8: 1 + 20 octets
		e0 12 02 a3            // array8 of sym8: 1 + 1 + 6 + 10 octets
		05 50 4c 41 49 4e
		09 41 4e 4f 4e 59 4d 4f 55 53
	`, nil},
	{"sasl-mechanisms, one", &SASLMechanisms{SASLServerMechanisms: []Symbol{"PLAIN"}},
		"00 53 40 c0 0b 01 e0 08 01 a3 05 50 4c 41 49 4e",
		[]string{"00 53 40 c0 08 01 a3 05 50 4c 41 49 4e"}}, // one bare symbol
	{"sasl-init", &SASLInit{Mechanism: "PLAIN", InitialResponse: []byte("\x00u\x00p"), Hostname: Some("h")}, `
		00 53 41
		c0 11 03
		a3 05 50 4c 41 49 4e   // mechanism PLAIN
		a0 04 00 75 00 70      // initial-response
		a1 01 68               // hostname
	`, nil},
	{"sasl-init, least", &SASLInit{Mechanism: "ANONYMOUS"}, "00 53 41 c0 0c 01 a3 09 414e4f4e594d4f5553", nil},
	{"sasl-challenge", &SASLChallenge{Challenge: []byte{1}}, "00 53 42 c0 04 01 a0 01 01", nil},
	{"sasl-response", &SASLResponse{Response: []byte{}}, "00 53 43 c0 03 01 a0 00", nil},
	{"sasl-outcome", &SASLOutcome{Code: SASLCodeOK}, "00 53 44 c0 03 01 50 00", []string{"00 53 44 c0 04 02 50 00 40"}},
	{"sasl-outcome, data", &SASLOutcome{Code: SASLCodeSysTemp, AdditionalData: []byte{9}}, "00 53 44 c0 06 02 50 04 a0 01 09", nil},
}
