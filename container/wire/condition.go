package wire

// Error returns "condition: description", or the condition alone. It makes an *Error that a peer reported, or that is
// to be sent to it, an error value of Go.
func (x *Error) Error() string {
	if x.Description == "" {
		return string(x.Condition)
	}
	return string(x.Condition) + ": " + x.Description
}
