package cluster

import (
	"os"
	"testing"
)

// TestProgramSize keeps one binary one that is quickly fetched. The linker drops
// methods that nobody calls until some package looks methods up by a name of run
// time, as template packages do: that alone costs 18 MB.
func TestProgramSize(t *testing.T) {
	if os.Getenv("FRONTDESK_TEST_FAULTS") == "" {
		t.Skip("it is of the stripped program, which make test-cluster builds")
	}
	program := binary(t)
	info, err := os.Stat(program)
	if err != nil {
		t.Fatal(err)
	}
	if bound := int64(80 << 20); info.Size() > bound {
		t.Errorf("%s has %d MB, more than %d: see what reaches reflect's MethodByName (go build -ldflags -dumpdep)", program, info.Size()>>20, bound>>20)
	}
}
