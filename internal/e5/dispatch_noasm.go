//go:build !amd64

package e5

// nativeKernels returns the kernels in assembly that this processor runs, best first.
func nativeKernels() []*kernels { return nil }
