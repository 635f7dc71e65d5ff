package pgembed

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// runAs is how PostgreSQL's programs run. They refuse to be root, and root has three ways around that, each with its limit:
//
//   - setuid: they run as the user postgres or nobody, who must be able to reach the programs and the directory;
//   - userns: they run in a user namespace where root's files and processes have another number; containers often forbid it;
//   - caps: setuid, with the one capability that lets them pass directories such as /root to the data (not to the programs,
//     which check their own path without it); containers rarely have it, whence the second, broader one.
type runAs struct {
	how      string // same, setuid, userns or caps
	uid, gid int    // the user PostgreSQL believes to be
	caps     []uintptr
}

func (r runAs) String() string {
	if r.how == "same" {
		return "this user"
	}
	return fmt.Sprintf("%s %d:%d", r.how, r.uid, r.gid)
}

// chooseRunAs returns the first way that works on this machine, with these programs and this directory. A cluster keeps
// its owner. A given how leaves only the ways of that name.
func chooseRunAs(dir, programs, how string) (runAs, error) {
	if os.Geteuid() != 0 {
		return runAs{how: "same", uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	uid, gid := ordinaryUser("postgres", "nobody")
	ways := []string{"setuid", "userns", "caps"}
	if st, err := os.Stat(dataDir(dir)); err == nil && ownerOf(st) != 0 {
		uid, gid = ownerOf(st), groupOf(st)
		ways = []string{"setuid", "caps"}
	}
	var failures []string
	for _, r := range waysOut(ways, uid, gid) {
		if how != "" && r.how != how {
			continue
		}
		err := r.try(dir, programs)
		if err == nil {
			return r, nil
		}
		failures = append(failures, fmt.Sprintf("%s: %v", r, err))
	}
	return runAs{}, fmt.Errorf("PostgreSQL does not run as root, and no other way works here (%s): start this server as an ordinary "+
		"user, put %s where user %d can reach it, or set DATABASE_URL", strings.Join(failures, "; "), dir, uid)
}

func waysOut(ways []string, uid, gid int) []runAs {
	var out []runAs
	for _, how := range ways {
		if how != "caps" {
			out = append(out, runAs{how: how, uid: uid, gid: gid})
			continue
		}
		for _, c := range []uintptr{unix.CAP_DAC_READ_SEARCH, unix.CAP_DAC_OVERRIDE} {
			out = append(out, runAs{how: how, uid: uid, gid: gid, caps: []uintptr{c}})
		}
	}
	return out
}

// try lets the real program read a configuration in the real directory, which proves that it may run and get there.
func (r runAs) try(dir, programs string) error {
	if err := r.openWay(dir); err != nil {
		return err
	}
	probe, err := os.MkdirTemp(dir, scratchPrefix)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(probe) }()
	if err := os.WriteFile(filepath.Join(probe, "postgresql.conf"), nil, 0o600); err != nil {
		return err
	}
	if err := r.own(probe); err != nil {
		return err
	}
	out, err := r.run(exec.Command(filepath.Join(programs, "postgres"), "-D", probe, "-C", "port"))
	if err != nil {
		return fmt.Errorf("%w %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

// openWay lets another user pass through our directory, without letting them list it.
func (r runAs) openWay(dir string) error {
	st, err := os.Stat(dir)
	if err != nil || r.how != "setuid" || st.Mode().Perm()&0o001 != 0 {
		return err
	}
	return os.Chmod(dir, st.Mode().Perm()|0o011)
}

// own gives path and all below it to the user that PostgreSQL runs as.
func (r runAs) own(path string) error {
	if r.how != "setuid" && r.how != "caps" {
		return nil
	}
	return giveTo(path, r.uid, r.gid)
}

// run runs a command to its end, which comes at the latest with ours.
func (r runAs) run(cmd *exec.Cmd) ([]byte, error) {
	runtime.LockOSThread() // the parent-death signal is tied to the thread
	defer runtime.UnlockOSThread()
	r.prepare(cmd)
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	return cmd.CombinedOutput()
}

// prepare sets user, environment and working directory; nothing of our own environment, secrets above all, is passed on.
func (r runAs) prepare(cmd *exec.Cmd) {
	cmd.Dir, cmd.Env = "/", childEnv
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	switch r.how {
	case "setuid", "caps":
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(r.uid), Gid: uint32(r.gid)}
		cmd.SysProcAttr.AmbientCaps = r.caps
	case "userns":
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: r.uid, HostID: 0, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: r.gid, HostID: 0, Size: 1}}
	}
}

// dieWithUs has the kernel stop the postmaster when we are killed: in order, or at once where nothing is worth keeping.
func (s *Server) dieWithUs(cmd *exec.Cmd) {
	cmd.SysProcAttr.Setpgid = true
	cmd.SysProcAttr.Pdeathsig = syscall.SIGINT
	if s.opt.Fast {
		cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT
	}
}

// clusterProcesses lists the living processes of the cluster. Titles are readable to all; the working directory, which
// every PostgreSQL process has in its data, adds those of a directory that was renamed meanwhile. A zombie has neither.
func clusterProcesses(data string) []int {
	entries, _ := os.ReadDir("/proc")
	var out []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		title, err := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		if err != nil || len(title) == 0 {
			continue
		}
		if ofCluster(strings.Split(string(title), "\x00"), data) || worksIn(e.Name(), data) && strings.Contains(string(title), "postgres") {
			out = append(out, pid)
		}
	}
	return out
}

func worksIn(pid, dir string) bool {
	cwd, err := os.Readlink("/proc/" + pid + "/cwd")
	return err == nil && cwd == dir
}
