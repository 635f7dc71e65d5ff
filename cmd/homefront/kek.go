package main

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"homefront/internal/kms"
	"homefront/services"
)

var errKEK = errors.New("32 random bytes in base64; 'homefront keys new-kek' makes one")

// decodeKey reads bytes in hex or base64: hex first, since hex is also valid base64.
func decodeKey(text string) ([]byte, bool) {
	text = strings.TrimSpace(text)
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawURLEncoding.DecodeString} {
		if b, err := decode(text); err == nil {
			return b, true
		}
	}
	return nil, false
}

func decodeKEK(text string) ([]byte, error) {
	b, ok := decodeKey(text)
	if !ok || len(b) != services.KEKBytes {
		return nil, errKEK
	}
	return b, services.CheckKEK(b)
}

// checkKEKs says by setting what is wrong, and asks no service.
func (c Config) checkKEKs() map[string]string {
	wrong := map[string]string{}
	if c.KEK != "" && c.KEKFile != "" {
		wrong["HOMEFRONT_KEK_FILE"] = "this or HOMEFRONT_KEK, not both"
	}
	if _, err := decodeKEK(c.KEK); c.KEK != "" && err != nil {
		wrong["HOMEFRONT_KEK"] = err.Error()
	}
	if c.KEKFile != "" {
		if err := c.checkKey("file:" + c.KEKFile); err != nil {
			wrong["HOMEFRONT_KEK_FILE"] = err.Error()
		}
	}
	for _, key := range c.previousKEKs() {
		if err := c.checkKey(key); err != nil {
			wrong["HOMEFRONT_KEK_PREVIOUS"] = err.Error()
		}
	}
	if c.KEKURI != "" {
		if err := kms.Check(c.KEKURI); err != nil {
			wrong["HOMEFRONT_KEK_URI"] = err.Error()
		} else if c.KEKFile == "" {
			wrong["HOMEFRONT_KEK_URI"] = "needs HOMEFRONT_KEK_FILE, the key as this service sealed it; 'homefront keys new-kek' makes one"
		}
	}
	return wrong
}

// previousKEKs leaves blanks out: a comma at the end names no key.
func (c Config) previousKEKs() (out []string) {
	for _, key := range c.PreviousKEKs {
		if strings.TrimSpace(key) != "" {
			out = append(out, key)
		}
	}
	return out
}

func (c Config) checkKey(from string) error {
	text, err := keyText(from)
	if err != nil {
		return err
	}
	if c.KEKURI == "" {
		_, err = decodeKEK(text)
		return err
	}
	if _, ok := decodeKey(text); !ok {
		return errors.New("not base64: the key as the service sealed it; 'homefront keys new-kek' makes one")
	}
	return nil
}

// keyText is the text itself, or what the file holds that it names.
func keyText(from string) (string, error) {
	path, isFile := strings.CutPrefix(strings.TrimSpace(from), "file:")
	if !isFile {
		return from, nil
	}
	b, err := os.ReadFile(path) //nolint:gosec // the operator names it
	if err != nil {
		return "", fmt.Errorf("the file cannot be read: %w", err)
	}
	return string(b), nil
}

// keks opens the key-encryption key, nil when none is set, and the others that open.
func (c Config) keks(ctx context.Context) (kek []byte, others [][]byte, err error) {
	switch {
	case c.KEK != "":
		if kek, err = decodeKEK(c.KEK); err != nil {
			err = fmt.Errorf("HOMEFRONT_KEK: %w", err)
		}
	case c.KEKFile != "":
		if kek, err = c.openKey(ctx, "file:"+c.KEKFile); err != nil {
			err = fmt.Errorf("HOMEFRONT_KEK_FILE: %w", err)
		}
	}
	for _, from := range c.previousKEKs() {
		if err != nil {
			break
		}
		var key []byte
		if key, err = c.openKey(ctx, from); err != nil {
			err = fmt.Errorf("HOMEFRONT_KEK_PREVIOUS: %w", err)
		}
		others = append(others, key)
	}
	return kek, others, err
}

// openKey reads a key; with HOMEFRONT_KEK_URI the service opens it.
func (c Config) openKey(ctx context.Context, from string) ([]byte, error) {
	text, err := keyText(from)
	if err != nil || c.KEKURI == "" {
		if err != nil {
			return nil, err
		}
		return decodeKEK(text)
	}
	sealed, ok := decodeKey(text)
	if !ok {
		return nil, errKEK
	}
	key, err := kms.Open(ctx, c.KEKURI, sealed)
	if err != nil {
		return nil, fmt.Errorf("the service does not open it: %w", err)
	}
	return key, services.CheckKEK(key)
}
