package spec

// transactions holds the types of part 4, transactions, in the order of the specification.
var transactions = []Type{
	{Name: "coordinator", Section: "4.5.1", Class: Composite, Source: "list", Provides: []string{"target"}, Descriptor: "amqp:coordinator:list", Code: 0x30, Fields: []Field{
		{Name: "capabilities", Type: "symbol", Multiple: true, Requires: "txn-capability"},
	}},
	{Name: "declare", Section: "4.5.2", Class: Composite, Source: "list", Descriptor: "amqp:declare:list", Code: 0x31, Fields: []Field{
		{Name: "global-id", Type: "*", Requires: "global-tx-id"},
	}},
	{Name: "discharge", Section: "4.5.3", Class: Composite, Source: "list", Descriptor: "amqp:discharge:list", Code: 0x32, Fields: []Field{
		{Name: "txn-id", Type: "*", Mandatory: true, Requires: "txn-id"},
		{Name: "fail", Type: "boolean"},
	}},
	{Name: "transaction-id", Section: "4.5.4", Class: Restricted, Source: "binary", Provides: []string{"txn-id"}},
	{Name: "declared", Section: "4.5.5", Class: Composite, Source: "list", Provides: []string{"delivery-state", "outcome"}, Descriptor: "amqp:declared:list", Code: 0x33, Fields: []Field{
		{Name: "txn-id", Type: "*", Mandatory: true, Requires: "txn-id"},
	}},
	{Name: "transactional-state", Section: "4.5.6", Class: Composite, Source: "list", Provides: []string{"delivery-state"}, Descriptor: "amqp:transactional-state:list", Code: 0x34, Fields: []Field{
		{Name: "txn-id", Type: "*", Mandatory: true, Requires: "txn-id"},
		{Name: "outcome", Type: "*", Requires: "outcome"},
	}},
	{Name: "txn-capability", Section: "4.5.7", Class: Restricted, Source: "symbol", Provides: []string{"txn-capability"}, Choices: []Choice{
		{Name: "local-transactions", Value: "amqp:local-transactions"},
		{Name: "distributed-transactions", Value: "amqp:distributed-transactions"},
		{Name: "promotable-transactions", Value: "amqp:promotable-transactions"},
		{Name: "multi-txns-per-ssn", Value: "amqp:multi-txns-per-ssn"},
		{Name: "multi-ssns-per-txn", Value: "amqp:multi-ssns-per-txn"},
	}},
	{Name: "transaction-error", Section: "4.5.8", Class: Restricted, Source: "symbol", Provides: []string{"error-condition"}, Choices: []Choice{
		{Name: "unknown-id", Value: "amqp:transaction:unknown-id"},
		{Name: "transaction-rollback", Value: "amqp:transaction:rollback"},
		{Name: "transaction-timeout", Value: "amqp:transaction:timeout"},
	}},
}
