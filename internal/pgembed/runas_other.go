//go:build unix && !linux

package pgembed

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// runAs is how PostgreSQL's programs run. They refuse to be root, so root runs them as an ordinary user.
type runAs struct {
	how      string // same or setuid
	uid, gid int
}

func (r runAs) String() string {
	if r.how == "same" {
		return "this user"
	}
	return fmt.Sprintf("%s %d:%d", r.how, r.uid, r.gid)
}

func chooseRunAs(dir, _, _ string) (runAs, error) {
	if os.Geteuid() != 0 {
		return runAs{how: "same", uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	uid, gid := ordinaryUser("postgres", "_postgres", "nobody")
	if st, err := os.Stat(dataDir(dir)); err == nil && ownerOf(st) != 0 {
		uid, gid = ownerOf(st), groupOf(st)
	}
	if uid <= 0 {
		return runAs{}, errors.New("PostgreSQL does not run as root, and there is no ordinary user: start this server as one, or set DATABASE_URL")
	}
	return runAs{how: "setuid", uid: uid, gid: gid}, os.Chmod(dir, 0o711)
}

func (r runAs) own(path string) error {
	if r.how != "setuid" {
		return nil
	}
	return giveTo(path, r.uid, r.gid)
}

func (r runAs) run(cmd *exec.Cmd) ([]byte, error) {
	r.prepare(cmd)
	return cmd.CombinedOutput()
}

// prepare sets user, environment and working directory; nothing of our own environment, secrets above all, is passed on.
func (r runAs) prepare(cmd *exec.Cmd) {
	cmd.Dir, cmd.Env = "/", childEnv
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if r.how == "setuid" {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(r.uid), Gid: uint32(r.gid)}
	}
}

// dieWithUs is not to be had here: the next start ends the orphan.
func (s *Server) dieWithUs(cmd *exec.Cmd) { cmd.SysProcAttr.Setpgid = true }

// clusterProcesses lists the living processes of the cluster by their titles.
func clusterProcesses(data string) []int {
	list, _ := exec.Command("ps", "-axww", "-o", "pid=,command=").Output()
	var out []int
	for _, line := range strings.Split(string(list), "\n") {
		id, title, _ := strings.Cut(strings.TrimSpace(line), " ")
		pid, err := strconv.Atoi(id)
		if err != nil || title == "" {
			continue
		}
		if strings.Contains(title, "/postgres -D "+data+" ") || ofCluster([]string{strings.TrimSpace(title)}, data) {
			out = append(out, pid)
		}
	}
	return out
}
