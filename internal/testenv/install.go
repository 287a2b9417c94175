package testenv

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// minVersion is the oldest major version that the product supports.
const minVersion = 15

// ErrNoPostgres says that no PostgreSQL with pgvector was found.
var ErrNoPostgres = errors.New("no PostgreSQL 15 or newer with pgvector 0.8 or newer was found; run `make setup`, or name a server in FRONTDESK_TEST_POSTGRES")

// install is where the programs of a PostgreSQL are.
type install struct {
	root string              // "" or the folder that its programs see as /
	bin  string              // folder of the programs, as they see it
	cred *syscall.Credential // whom they run as; nil: as this process
}

// Cache is the folder, outside every work tree, that keeps installed servers.
func Cache() (string, error) {
	dir, err := os.UserCacheDir() // XDG_CACHE_HOME, or .cache at home
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "frontdesk-test"), nil
}

// findInstall looks for the machine's own packages, then for what
// scripts/setup.sh unpacked into the cache.
func findInstall() (install, error) {
	cache, err := Cache()
	if err != nil {
		return install{}, err
	}
	for _, root := range []string{"", filepath.Join(cache, "postgres-17")} {
		versions, err := filepath.Glob(filepath.Join("/", root, "usr/lib/postgresql/*/bin/postgres"))
		if err != nil {
			return install{}, err
		}
		slices.Reverse(versions) // the newest first
		for _, path := range versions {
			bin := filepath.Dir(path)
			version := filepath.Base(filepath.Dir(bin))
			if n, err := strconv.Atoi(version); err != nil || n < minVersion || !hasVector(root, version) {
				continue
			}
			in := install{root: root, bin: strings.TrimPrefix(bin, root)}
			if in.cred, err = in.credential(); err != nil {
				return install{}, err
			}
			return in, nil
		}
	}
	return install{}, ErrNoPostgres
}

// hasVector reports whether a version comes with pgvector 0.8 or newer.
func hasVector(root, version string) bool {
	text, err := os.ReadFile(filepath.Join("/", root, "usr/share/postgresql", version, "extension/vector.control"))
	if err != nil {
		return false
	}
	var major, minor int
	for line := range strings.Lines(string(text)) {
		if _, err := fmt.Sscanf(line, "default_version = '%d.%d", &major, &minor); err == nil {
			return major > 0 || minor >= 8
		}
	}
	return false
}

// credential is the user postgres when this process is root, whom PostgreSQL
// refuses to run as, and nobody else otherwise.
func (in install) credential() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		if in.root != "" {
			return nil, fmt.Errorf("%w (the one in %s needs root to be entered)", ErrNoPostgres, in.root)
		}
		return nil, nil
	}
	if in.root == "" {
		u, err := user.Lookup("postgres")
		if err != nil {
			return nil, err
		}
		return credentialOf(u.Uid, u.Gid)
	}
	text, err := os.ReadFile(filepath.Join(in.root, "etc/passwd"))
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Split(line, ":"); len(f) > 3 && f[0] == "postgres" {
			return credentialOf(f[2], f[3])
		}
	}
	return nil, fmt.Errorf("there is no user postgres in %s", in.root)
}

func credentialOf(uid, gid string) (*syscall.Credential, error) {
	u, err1 := strconv.ParseUint(uid, 10, 32)
	g, err2 := strconv.ParseUint(gid, 10, 32)
	return &syscall.Credential{Uid: uint32(u), Gid: uint32(g)}, errors.Join(err1, err2)
}

// DataRoot is the folder that data folders have to lie in: the programs of an
// unpacked system see nothing outside it.
func DataRoot() (string, error) {
	in, err := findInstall()
	if err != nil {
		return "", err
	}
	return in.dataRoot(), nil
}

func (in install) dataRoot() string {
	if in.root == "" {
		return os.TempDir()
	}
	return filepath.Join(in.root, "srv")
}

// inside is a path of this machine as the programs see it.
func (in install) inside(path string) (string, error) {
	if in.root == "" {
		return path, nil
	}
	rel, ok := strings.CutPrefix(path, in.root+"/")
	if !ok {
		return "", fmt.Errorf("%s is outside %s, which the server cannot leave", path, in.dataRoot())
	}
	return "/" + rel, nil
}

// attributes put a program into the system it belongs to.
func (in install) attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Chroot: in.root, Credential: in.cred, Setpgid: true}
}
