// Package kms opens and seals the key-encryption key with a key that never leaves a key management service.
package kms

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"gocloud.dev/secrets"
	_ "gocloud.dev/secrets/awskms" // awskms://
)

// Check says what is wrong with the address of a key. It asks nobody.
func Check(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		return errors.New("the address of a key, such as awskms:///alias/homefront?region=us-east-1")
	}
	if !secrets.DefaultURLMux().ValidKeeperScheme(u.Scheme) {
		return fmt.Errorf("no service %s:// is known here; use awskms://", u.Scheme)
	}
	return nil
}

// Open decrypts what Seal made with the key at the address.
func Open(ctx context.Context, address string, sealed []byte) ([]byte, error) {
	return with(ctx, address, func(k *secrets.Keeper) ([]byte, error) { return k.Decrypt(ctx, sealed) })
}

// Seal encrypts a short secret with the key at the address.
func Seal(ctx context.Context, address string, secret []byte) ([]byte, error) {
	return with(ctx, address, func(k *secrets.Keeper) ([]byte, error) { return k.Encrypt(ctx, secret) })
}

func with(ctx context.Context, address string, do func(*secrets.Keeper) ([]byte, error)) ([]byte, error) {
	if err := Check(address); err != nil {
		return nil, err
	}
	k, err := secrets.OpenKeeper(ctx, address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = k.Close() }()
	return do(k)
}
