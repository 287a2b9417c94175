package upload

// Refused is why a file is not taken. It is in the error of Save, for who says it in
// words of their own.
type Refused struct {
	Why   Reason
	Of    string // the bound or the media type that Why is about
	Cause error  // may be nil
}

// Reason is a kind of refusal.
type Reason string

// The closed list of reasons.
const (
	Cut     Reason = "cut"      // the bytes ended too soon
	Large   Reason = "large"    // than so many megabytes
	Empty   Reason = "empty"    // no bytes
	NotKind Reason = "not_kind" // this media type is not taken
	Pixels  Reason = "pixels"   // more than so many millions
	Damaged Reason = "damaged"  // a picture that cannot be read
)

// Error is for the log.
func (r *Refused) Error() string {
	if r.Cause != nil {
		return r.Cause.Error()
	}
	return string(r.Why) + " " + r.Of
}

// Unwrap returns the cause.
func (r *Refused) Unwrap() error { return r.Cause }
