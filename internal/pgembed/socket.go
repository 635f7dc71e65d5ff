//go:build unix

package pgembed

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The port is only part of the socket's name.
const (
	port       = "5432"
	socketFile = ".s.PGSQL." + port
)

// longestSocket is what sockaddr_un holds on the narrowest system (104 bytes on macOS and the BSDs, with the final zero).
const longestSocket = 103

type socketDir struct {
	path   string
	borrow bool // outside the server's directory: removed at the end
}

// makeSocketDir makes the private directory of the socket: inside the server's, or, where that path is too long or has
// characters that PostgreSQL or pgx take for separators, a short one among the temporary files.
func (s *Server) makeSocketDir() (socketDir, error) {
	d := socketDir{path: filepath.Join(s.opt.Dir, "run")}
	if !fitsSocket(d.path) {
		short, err := shortDir(s.opt.Dir)
		if err != nil {
			return d, err
		}
		d = socketDir{path: short, borrow: true}
	}
	if err := os.Mkdir(d.path, 0o700); err != nil && !os.IsExist(err) {
		return d, err
	}
	if err := s.checkPrivate(d.path); err != nil {
		return d, err
	}
	return d, s.as.own(d.path)
}

func fitsSocket(dir string) bool {
	plain := func(r rune) bool {
		return strings.ContainsRune("/._-+=@", r) || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r > 127
	}
	other := func(r rune) bool { return !plain(r) }
	return len(dir)+1+len(socketFile) <= longestSocket && strings.IndexFunc(dir, other) < 0
}

// shortDir names a directory that the same server finds again and two servers never share.
func shortDir(dir string) (string, error) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%s", os.Geteuid(), dir))
	name := "homefront-" + hex.EncodeToString(sum[:8])
	for _, tmp := range []string{os.TempDir(), "/tmp"} {
		if p := filepath.Join(tmp, name); fitsSocket(p) {
			return p, nil
		}
	}
	return "", fmt.Errorf("%s is too long for a Unix socket, and so is the temporary directory %s: set TMPDIR to a short path", dir, os.TempDir())
}

// checkPrivate refuses a directory that someone else put where ours should be, as they could read what we say.
func (s *Server) checkPrivate(dir string) error {
	st, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	uid := ownerOf(st)
	if !st.IsDir() || st.Mode().Perm()&0o077 != 0 || (uid != os.Geteuid() && uid != s.as.uid) {
		return fmt.Errorf("%s is not a private directory of this user: remove it", dir)
	}
	return nil
}
