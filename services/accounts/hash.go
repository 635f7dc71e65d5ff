package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"homefront/services"
)

// The cost of a password: argon2id with OWASP's parameters for 19 MiB (Password Storage Cheat Sheet, 2023).
const (
	hashMemory  = 19 * 1024 // KiB
	hashPasses  = 2
	hashThreads = 1
	hashBytes   = 32
	saltBytes   = 16
	// hashQueue bounds who waits for a core: at some 70 hashes a second on two cores, the last waits two seconds.
	hashQueue = 128
)

// hasher hashes as many passwords at a time as there are cores: more would only take memory and make all of them late.
type hasher struct {
	slots   chan struct{}
	waiting atomic.Int64
	nobody  string // what the password of an unknown address is compared with
}

func newHasher() *hasher {
	var random [saltBytes + hashBytes]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the process instead
	return &hasher{
		slots:  make(chan struct{}, runtime.GOMAXPROCS(0)),
		nobody: encodeHash(random[:saltBytes], random[saltBytes:]),
	}
}

func (h *hasher) slot(ctx context.Context) (func(), error) {
	if h.waiting.Add(1) > hashQueue {
		h.waiting.Add(-1)
		return nil, services.Unavailable(services.CodeBusy, "Many people are signing in at once. Try again shortly.")
	}
	defer h.waiting.Add(-1)
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hash is the PHC string of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	release, err := h.slot(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt)
	return encodeHash(salt, argon2.IDKey(composed(password), salt, hashPasses, hashMemory, hashThreads, hashBytes)), nil
}

// verify compares. Where there is no hash it does the same work all the same, and answers false.
func (h *hasher) verify(ctx context.Context, encoded *string, password string) (bool, error) {
	if encoded == nil {
		encoded = &h.nobody
	}
	var memory, passes uint32
	var threads uint8
	parts := strings.Split(*encoded, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false, errors.New("a password hash is not argon2id")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads); err != nil {
		return false, fmt.Errorf("a password hash: %w", err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err = errors.Join(err, err2); err != nil {
		return false, fmt.Errorf("a password hash: %w", err)
	}
	release, err := h.slot(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	have := argon2.IDKey(composed(password), salt, passes, memory, threads, uint32(len(want))) //nolint:gosec // 32
	return subtle.ConstantTimeCompare(have, want) == 1, nil
}

func encodeHash(salt, hash []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashPasses, hashThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(hash))
}

// composed is NFC, as RFC 8265 has it: two keyboards that write é differently make the same password.
func composed(password string) []byte { return norm.NFC.Bytes([]byte(password)) }
