package extract

import "golang.org/x/sys/unix"

const auditArch = unix.AUDIT_ARCH_AARCH64

// forbiddenHere are calls that only older architectures have: none.
var forbiddenHere []uint32
