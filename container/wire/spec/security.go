package spec

// security holds the types of part 5, security, in the order of the specification.
var security = []Type{
	{Name: "sasl-mechanisms", Section: "5.3.3.1", Class: Composite, Source: "list", Provides: []string{"sasl-frame"}, Descriptor: "amqp:sasl-mechanisms:list", Code: 0x40, Fields: []Field{
		{Name: "sasl-server-mechanisms", Type: "symbol", Mandatory: true, Multiple: true},
	}},
	{Name: "sasl-init", Section: "5.3.3.2", Class: Composite, Source: "list", Provides: []string{"sasl-frame"}, Descriptor: "amqp:sasl-init:list", Code: 0x41, Fields: []Field{
		{Name: "mechanism", Type: "symbol", Mandatory: true},
		{Name: "initial-response", Type: "binary"},
		{Name: "hostname", Type: "string"},
	}},
	{Name: "sasl-challenge", Section: "5.3.3.3", Class: Composite, Source: "list", Provides: []string{"sasl-frame"}, Descriptor: "amqp:sasl-challenge:list", Code: 0x42, Fields: []Field{
		{Name: "challenge", Type: "binary", Mandatory: true},
	}},
	{Name: "sasl-response", Section: "5.3.3.4", Class: Composite, Source: "list", Provides: []string{"sasl-frame"}, Descriptor: "amqp:sasl-response:list", Code: 0x43, Fields: []Field{
		{Name: "response", Type: "binary", Mandatory: true},
	}},
	{Name: "sasl-outcome", Section: "5.3.3.5", Class: Composite, Source: "list", Provides: []string{"sasl-frame"}, Descriptor: "amqp:sasl-outcome:list", Code: 0x44, Fields: []Field{
		{Name: "code", Type: "sasl-code", Mandatory: true},
		{Name: "additional-data", Type: "binary"},
	}},
	{Name: "sasl-code", Section: "5.3.3.6", Class: Restricted, Source: "ubyte", Choices: []Choice{
		{Name: "ok", Value: "0"},
		{Name: "auth", Value: "1"},
		{Name: "sys", Value: "2"},
		{Name: "sys-perm", Value: "3"},
		{Name: "sys-temp", Value: "4"},
	}},
}
