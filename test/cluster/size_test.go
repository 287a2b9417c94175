package cluster

import (
	"os"
	"testing"
)

// TestProgramSize keeps one binary one that is quickly fetched. The linker drops
// methods that nobody calls until some package looks methods up by a name of run
// time, as template packages do: that alone costs 18 MB.
func TestProgramSize(t *testing.T) {
	program := os.Getenv("FRONTDESK_TEST_BINARY")
	if program == "" {
		t.Skip("set FRONTDESK_TEST_BINARY to a stripped build: make build")
	}
	info, err := os.Stat(program)
	if err != nil {
		t.Fatal(err)
	}
	if bound := int64(80 << 20); info.Size() > bound {
		t.Errorf("%s has %d MB, more than %d: see what reaches reflect's MethodByName (go build -ldflags -dumpdep)", program, info.Size()>>20, bound>>20)
	}
}
