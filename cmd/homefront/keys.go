package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"homefront/internal/kms"
	"homefront/services"
)

type keysCmd struct {
	Rotate keysRotateCmd `cmd:"" help:"Make a new signing key. Old keys verify until the last token they signed has ended."`
	NewKEK keysNewKEKCmd `cmd:"" name:"new-kek" help:"Print a new key-encryption key; with HOMEFRONT_KEK_URI as that service seals it."`
	Status keysStatusCmd `cmd:"" help:"Which key-encryption keys wrap the keys of people, and how far a rotation is."`
	Reseal keysResealCmd `cmd:"" help:"Wrap every person's key by the current key-encryption key, while the server serves. Goes on where it stopped."`
}

type keysRotateCmd struct{}

func (keysRotateCmd) Run(ctx context.Context, c Config) error {
	return withServices(ctx, c, needDatabase, func(a *app) error {
		id, err := a.Accounts.RotateKeys(services.AsSystem(ctx, "keys.rotate"))
		if err != nil {
			return explain(err)
		}
		fmt.Println("New tokens are signed with key", id)
		return nil
	})
}

type keysNewKEKCmd struct {
	From string `help:"A file that holds a key in base64: seal this one, and make none. It moves to the service of HOMEFRONT_KEK_URI, and whatever it wrapped opens as before."`
}

func (cmd keysNewKEKCmd) Run(ctx context.Context, c Config) error {
	if cmd.From != "" {
		return sealKEK(ctx, cmd.From, c.KEKURI, os.Stdout, os.Stderr)
	}
	return newKEK(ctx, c.KEKURI, os.Stdout, os.Stderr)
}

func newKEK(ctx context.Context, uri string, out, beside io.Writer) error {
	key := make([]byte, services.KEKBytes)
	_, _ = rand.Read(key) // never fails
	return printKEK(ctx, key, uri, out, beside)
}

// sealKEK has the service seal a key that is in use.
func sealKEK(ctx context.Context, path, uri string, out, beside io.Writer) error {
	if uri == "" {
		return errors.New("--from: HOMEFRONT_KEK_URI is not set: nothing seals it")
	}
	text, err := keyText("file:" + path)
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	key, err := decodeKEK(text)
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	return printKEK(ctx, key, uri, out, beside)
}

// printKEK prints the key alone on out, sealed if a service is to open it, so that it can go straight into a file, and what it is called
// beside it.
func printKEK(ctx context.Context, key []byte, uri string, out, beside io.Writer) error {
	text := key
	if uri != "" {
		var err error
		if text, err = kms.Seal(ctx, uri, key); err != nil {
			return fmt.Errorf("HOMEFRONT_KEK_URI: %w", err)
		}
	}
	_, _ = fmt.Fprintln(beside, "Fingerprint", services.KEKFingerprint(key))
	_, err := fmt.Fprintln(out, base64.StdEncoding.EncodeToString(text))
	return err
}

type keysStatusCmd struct{}

func (keysStatusCmd) Run(ctx context.Context, c Config) error {
	return withServices(ctx, c, needDatabase, func(a *app) error {
		status, err := a.Core.KeyStatus(ctx)
		if err != nil {
			return explain(err)
		}
		return printKeys(os.Stdout, status)
	})
}

func printKeys(w io.Writer, s *services.KeyStatus) error {
	out := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(out, "KEY-ENCRYPTION KEY\tKEYS OF PEOPLE\tSTATE")
	for _, k := range s.Wrapped {
		state := "opens; 'homefront keys reseal' wraps them anew"
		switch {
		case k.Current:
			state = "current"
		case !k.Known:
			state = "missing: these people's texts cannot be read"
		}
		_, _ = fmt.Fprintf(out, "%s\t%d\t%s\n", nameOfKEK(k.KEK), k.Keys, state)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(w, "\nRetired keys that still open something: %d\n", s.Retired)
	switch r := s.Rotation; {
	case r == nil:
		_, _ = fmt.Fprintln(w, "Nobody was given a new key yet.")
	case r.FinishedAt != nil:
		_, _ = fmt.Fprintf(w, "Everybody was given a new key in the rotation that ended %s.\n", r.FinishedAt.Format(time.RFC3339))
	default:
		_, _ = fmt.Fprintf(w, "The rotation begun %s is not over: run 'homefront keys reseal --texts'.\n", r.StartedAt.Format(time.RFC3339))
	}
	return nil
}

func nameOfKEK(fingerprint string) string {
	if fingerprint == "" {
		return "(derived from HOMEFRONT_SECRET)"
	}
	return fingerprint
}

type keysResealCmd struct {
	Texts bool `help:"Also give everybody a new key, put the words of coaching under it, and destroy the old keys that nothing needs any more."`
}

func (cmd keysResealCmd) Run(ctx context.Context, c Config) error {
	return withServices(ctx, c, needDatabase, func(a *app) error {
		if err := a.Core.CheckKEKs(ctx); err != nil {
			return fmt.Errorf("HOMEFRONT_KEK_PREVIOUS: %w", err)
		}
		broken, err := a.Core.RewrapKeys(ctx, func(r services.Resealed) { fmt.Printf("Keys wrapped anew: %d, left: %d\n", r.Done, r.Left) })
		if err != nil {
			return explain(err)
		}
		texts := 0
		if cmd.Texts {
			if texts, err = a.reseal(ctx); err != nil {
				return explain(err)
			}
		}
		return errors.Join(brokenTexts(texts), brokenKeys(broken))
	})
}

// reseal rotates the keys of people to the end, which waits for those who are reading. It answers how many texts do not open.
func (a *app) reseal(ctx context.Context) (broken int, err error) {
	var given, moved, destroyed int // before this call
	for {
		r, err := a.Coaching.RotateKeys(ctx, func(r services.Rotation) {
			fmt.Printf("New keys: %d, texts moved: %d, old keys destroyed: %d\n", given+r.Given, moved+r.Moved, destroyed+r.Destroyed)
		})
		if err != nil {
			return r.Broken, err
		}
		given, moved, destroyed = given+r.Given, moved+r.Moved, destroyed+r.Destroyed
		if r.WaitUntil.IsZero() {
			fmt.Printf("Done. Old keys that other texts still need: %d. Texts that do not open: %d\n", r.Kept, r.Broken)
			return r.Broken, nil
		}
		wait := r.WaitUntil.Sub(a.Core.Clock.Now())
		fmt.Printf("Waiting %s for those who are reading, then old keys are destroyed. To stop here and go on later is safe.\n", wait.Round(time.Second))
		select {
		case <-ctx.Done():
			return r.Broken, ctx.Err()
		case <-time.After(wait):
		}
	}
}

func brokenTexts(n int) error {
	if n == 0 {
		return nil
	}
	return fmt.Errorf("%d texts do not open, and were left as they are; the log names them", n)
}

func brokenKeys(ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	errs := []error{errors.New("these keys of people do not open, and were left as they are")}
	for _, id := range ids {
		errs = append(errs, errors.New("  "+id.String()))
	}
	return errors.Join(errs...)
}
