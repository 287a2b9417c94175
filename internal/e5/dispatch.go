package e5

import "fmt"

// chooseKernels returns the named kernels, the processor's best for "".
func chooseKernels(name string) (*kernels, error) {
	available := append(nativeKernels(), portableKernels())
	if name == "" {
		return available[0], nil
	}
	for _, k := range available {
		if k.name == name {
			return k, nil
		}
	}
	return nil, fmt.Errorf("e5: no kernels %q on this processor", name)
}
