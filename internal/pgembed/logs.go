//go:build unix

package pgembed

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"sync"
)

// linePrefix opens every message with its SQLSTATE and the kind of process.
const linePrefix = "<%e|%b> "

var messageRE = regexp.MustCompile(`^<([0-9A-Z]{5})\|([^>]*)> ([A-Z0-9]+):  (.*)`)

// tailLines is how much of the log an error of Start quotes.
const tailLines = 12

// tail keeps the last lines that were fit to be logged.
type tail struct {
	mu    sync.Mutex
	lines []string
}

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, line)
	if len(t.lines) > tailLines {
		t.lines = t.lines[1:]
	}
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines, "; ")
}

// relay carries PostgreSQL's messages to the log until the last of its processes closes the pipe.
func relay(r io.Reader, log *slog.Logger, kept *tail) {
	in := bufio.NewReaderSize(r, 64<<10)
	keep := true
	for {
		chunk, err := in.ReadSlice('\n')
		if line := strings.TrimRight(string(chunk), "\n"); line != "" {
			keep = relayLine(line, keep, log, kept)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// relayLine logs one line and says whether its continuations, which start with a tab, may follow.
func relayLine(line string, keep bool, log *slog.Logger, kept *tail) bool {
	m := messageRE.FindStringSubmatch(line)
	if m == nil {
		if !keep {
			return false
		}
		kept.add(strings.TrimSpace(line))
		log.Info(line)
		return true
	}
	state, process, severity, text := m[1], m[2], m[3], m[4]
	if process == "client backend" && (severity == "ERROR" || severity == "WARNING") && !aboutTheMachine(state) {
		log.Debug("a statement failed", "sqlstate", state, "severity", severity)
		return false
	}
	kept.add(severity + ": " + text)
	log.Log(context.Background(), levelOf(severity, state), text, "sqlstate", state, "process", process)
	return true
}

// aboutTheMachine tells errors of resources, the system and PostgreSQL itself from those about a statement's values,
// which the program that sent it knows and may quote the values.
func aboutTheMachine(state string) bool {
	switch state[:2] {
	case "53", "57", "58", "XX":
		return true
	}
	return false
}

// levelOf ranks a message; what every start, stop and lost client says is not worth an operator's look.
func levelOf(severity, state string) slog.Level {
	switch {
	case state == "57P01" || state == "57P03" || state == "57014" || severity == "LOG":
		return slog.LevelDebug
	case severity == "PANIC" || severity == "FATAL":
		return slog.LevelError
	default:
		return slog.LevelWarn
	}
}
