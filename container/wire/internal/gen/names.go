package main

import "strings"

// initialisms are the words of the specification's names that Go writes in capitals.
var initialisms = map[string]string{
	"id": "ID", "ttl": "TTL", "sasl": "SASL", "amqp": "AMQP", "uuid": "UUID",
}

// goName turns a name of the specification into an exported Go identifier: "delivery-id" becomes "DeliveryID".
func goName(name string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == ':' }) {
		if s, ok := initialisms[word]; ok {
			b.WriteString(s)
			continue
		}
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// lowerName turns a name of the specification into an unexported Go identifier: "sasl-code" becomes "saslCode".
func lowerName(name string) string {
	first, rest, _ := strings.Cut(name, "-")
	if rest == "" {
		return first
	}
	return first + goName(rest)
}
