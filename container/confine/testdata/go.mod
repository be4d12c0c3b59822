module confine.test

go 1.26.0

require github.com/collider-amqp/collider v0.0.0

replace github.com/collider-amqp/collider => ../../..
